from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0007_stated_balances")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
