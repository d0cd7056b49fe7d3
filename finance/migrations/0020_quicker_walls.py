"""What was announced is looked for with less work at the end of each transaction."""

from django.db import migrations

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0019_attachments")]

    operations = [migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False)]
