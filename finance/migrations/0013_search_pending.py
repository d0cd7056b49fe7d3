"""A search after many writes is as quick as before them."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0012_rules")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
