import django.db.models.deletion
import django.db.models.functions.datetime
import tenancy.ids
import tenancy.scope
from django.db import migrations, models


def tenant() -> models.Field:
    return models.ForeignKey(
        db_index=False,
        default=tenancy.scope.current_tenant_id,
        editable=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name="+",
        to="tenancy.tenant",
    )


def new_key() -> models.Field:
    return models.UUIDField(
        default=tenancy.ids.new_id, editable=False, primary_key=True, serialize=False
    )


def to(model: str, related_name: str) -> models.Field:
    return models.ForeignKey(
        db_index=False,
        on_delete=django.db.models.deletion.CASCADE,
        related_name=related_name,
        to=model,
    )


class Migration(migrations.Migration):
    dependencies = [("finance", "0013_search_pending"), ("tenancy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", new_key()),
                ("name", models.CharField(max_length=60)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("tenant", tenant()),
            ],
            options={
                "ordering": ("name", "id"),
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.CreateModel(
            name="Tagging",
            fields=[
                ("id", new_key()),
                ("tag", to("finance.tag", "+")),
                ("tenant", tenant()),
                ("transaction", to("finance.transaction", "taggings")),
            ],
            options={
                "ordering": ("transaction", "tag"),
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        # By hand: Django would make SQLite's table anew, which its triggers do not survive.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "ALTER TABLE finance_transaction"
                    " ADD COLUMN is_one_time bool NOT NULL DEFAULT false",
                    "ALTER TABLE finance_transaction DROP COLUMN is_one_time",
                ),
            ],
            state_operations=[
                migrations.AddField(
                    model_name="transaction",
                    name="is_one_time",
                    field=models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Counts in what was spent, but in no average and no “usual”.",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("is_one_time", True)),
                fields=["tenant", "booked_on"],
                name="transaction_one_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.UniqueConstraint(fields=("tenant", "name"), name="tag_name_once"),
        ),
        migrations.AddIndex(
            model_name="tagging",
            index=models.Index(fields=["tenant", "tag", "transaction"], name="tagging_of_tag"),
        ),
        migrations.AddConstraint(
            model_name="tagging",
            constraint=models.UniqueConstraint(
                fields=("tenant", "transaction", "tag"), name="tagged_once"
            ),
        ),
    ]
