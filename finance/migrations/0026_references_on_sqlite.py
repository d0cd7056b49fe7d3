"""SQLite finds what names a transaction, so that booking does not slow down as a ledger grows."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0025_sums_on_sqlite")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
