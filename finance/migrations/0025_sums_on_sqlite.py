"""SQLite sums a ledger from an index."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0024_quicker_totals")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
