#!/usr/bin/env python
"""Django's command line for Inledger."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# As the shell tells a program that SIGPIPE ended.
READER_GONE = 141

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except ImproperlyConfigured as error:
        # A wrong setting is for whoever set it: the sentence helps, a traceback does not.
        sys.exit(f"inledger: {error}")
    except BrokenPipeError:
        # `… | head` has read enough. What is left is thrown away, or Python fails again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(READER_GONE)
