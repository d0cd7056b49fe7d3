"""PostgreSQL plans the splits and tags of a page once a session; SQLite finds a text by an index."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0026_references_on_sqlite")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
