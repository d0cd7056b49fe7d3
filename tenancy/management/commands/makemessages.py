"""`manage.py makemessages`: Django's own, which here also finds what `worded` marks."""

from __future__ import annotations

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=worded"]
