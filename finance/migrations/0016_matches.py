import django.db.models.deletion
import django.db.models.functions.datetime
import tenancy.ids
import tenancy.scope
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("finance", "0015_snoozed_reviews"),
        ("tenancy", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Match",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenancy.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same", "The same purchase"),
                            ("transfer", "Two legs of a transfer"),
                            ("refund", "A refund and its purchase"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("accepted", "Accepted"),
                            ("rejected", "Not together"),
                        ],
                        default="open",
                        max_length=8,
                    ),
                ),
                ("score", models.PositiveSmallIntegerField(default=0, help_text="0 to 100.")),
                (
                    "reasons",
                    models.JSONField(
                        blank=True, default=list, help_text="Codes with their figures."
                    ),
                ),
                ("decided_by", models.CharField(blank=True, editable=False, max_length=120)),
                ("decided_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("first", models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matches_first",
                to="finance.transaction",
            )),
                ("item", models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="A message's question that is no transaction yet.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matches",
                to="finance.reviewitem",
            )),
                ("second", models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="matches_second",
                to="finance.transaction",
            )),
                ("tenant", models.ForeignKey(
                db_index=False,
                default=tenancy.scope.current_tenant_id,
                editable=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="tenancy.tenant",
            )),
            ],
            options={
                "verbose_name_plural": "matches",
                "ordering": ("-id",),
                "abstract": False,
                "base_manager_name": "objects",
                "default_manager_name": "objects",
            },
        ),
        migrations.AlterField(
            model_name="ledgerchange",
            name="subject",
            field=models.CharField(
                choices=[
                    ("account", "Account"),
                    ("category", "Category"),
                    ("transaction", "Transaction"),
                    ("review_item", "Review Item"),
                    ("recurring", "Recurring"),
                    ("budget", "Budget"),
                    ("goal", "Goal"),
                    ("rate", "Rate"),
                    ("bill", "Bill"),
                    ("subscription", "Subscription"),
                    ("announcement", "Announcement"),
                    ("match", "Match"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                fields=["tenant", "amount_minor", "booked_on"], name="transaction_of_amount"
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("original_minor__isnull", False)),
                fields=["tenant", "original_minor"],
                name="transaction_of_original",
            ),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["tenant", "second"], name="match_second"),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["tenant", "first"], name="match_first"),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["tenant", "item"], name="match_item"),
        ),
        migrations.AddIndex(
            model_name="match",
            index=models.Index(fields=["tenant", "state", "-id"], name="match_state"),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(
                condition=models.Q(("second__isnull", False)),
                fields=("tenant", "kind", "first", "second"),
                name="match_pair_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.UniqueConstraint(
                condition=models.Q(("item__isnull", False)),
                fields=("tenant", "first", "item"),
                name="match_item_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="match",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("item__isnull", True), ("second__isnull", False)),
                    models.Q(("item__isnull", False), ("kind", "same"), ("second__isnull", True)),
                    _connector="OR",
                ),
                name="match_of_two",
            ),
        ),
    ]
