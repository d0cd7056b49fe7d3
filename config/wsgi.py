"""The web process (gunicorn -c python:config.gunicorn config.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.utils.module_loading import import_string

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
# By name: it needs the models, which are loaded only now.
import_string("tenancy.row_security.require_runtime_role")()
connection.close()
