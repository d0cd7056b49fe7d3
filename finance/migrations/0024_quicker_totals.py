"""SQLite keeps monthly totals in a table too; a list of a category finds its splits at once."""

from django.db import migrations, models

from finance.walls import build_walls


class Migration(migrations.Migration):
    dependencies = [("finance", "0023_wordings")]

    operations = [
        migrations.RemoveIndex(model_name="split", name="split_category"),
        migrations.AddIndex(
            model_name="split",
            index=models.Index(
                condition=models.Q(("category__isnull", False)),
                fields=["tenant", "category", "transaction"],
                name="split_category",
            ),
        ),
        migrations.RunPython(build_walls, migrations.RunPython.noop, elidable=False),
    ]
