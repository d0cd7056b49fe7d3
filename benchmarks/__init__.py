"""What Inledger's work costs, each figure beside a bare view of the same work in the same run.

`make bench` runs them all; `python -m benchmarks.NAME` runs one and prints its JSON. Without
DATABASE_URL a fresh SQLite file is used. On PostgreSQL it names a database to fill, as a superuser:
the schema is made by that one, and all that is measured is done as the runtime role, behind row
security.
"""

import os
import tempfile

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATA_DIR", tempfile.mkdtemp(prefix="inledger-bench-"))
os.environ.setdefault("LOG_LEVEL", "WARNING")

django.setup()
