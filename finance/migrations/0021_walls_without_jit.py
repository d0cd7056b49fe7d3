"""The walls' triggers are never compiled: that took longer than what they do."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0020_quicker_walls")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
