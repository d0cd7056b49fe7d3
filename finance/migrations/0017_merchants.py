from __future__ import annotations

from functools import partial
from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import tenancy.ids
import tenancy.scope
from finance.words import plain


def make_merchants(apps: Any, editor: BaseDatabaseSchemaEditor) -> None:
    """One of each name that a transaction has; names that differ stay apart."""
    with editor.connection.cursor() as cursor:
        if editor.connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('app.all_tenants', 'on', true)")
        cursor.execute(
            "SELECT DISTINCT tenant_id, merchant FROM finance_transaction WHERE merchant <> ''"
        )
        named = cursor.fetchall()
        column = apps.get_model("finance", "Merchant")._meta.get_field("id")
        as_column = partial(column.get_db_prep_value, connection=editor.connection)
        rows = [(as_column(tenancy.ids.new_id()), tenant, name, key_of(name)) for tenant, name in named]
        cursor.executemany(
            "INSERT INTO finance_merchant (id, tenant_id, name, key, website, sender_domain,"
            " merge_batches) VALUES (%s, %s, %s, %s, '', '', '[]')",
            rows,
        )
        if editor.connection.vendor == "postgresql":
            cursor.execute("SELECT set_config('app.all_tenants', '', true)")


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


OPTIONS = {"abstract": False, "base_manager_name": "objects", "default_manager_name": "objects"}


def key_of(name: str) -> str:
    return " ".join(plain(name).split())


class Migration(migrations.Migration):
    dependencies = [("finance", "0016_matches"), ("tenancy", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Merchant",
            fields=[
                ("id", new_key()),
                ("name", models.CharField(max_length=200)),
                (
                    "key",
                    models.CharField(
                        help_text="The name in small letters without accents.", max_length=400
                    ),
                ),
                ("website", models.URLField(blank=True)),
                (
                    "sender_domain",
                    models.CharField(
                        blank=True,
                        help_text="Where its e-mails come from: shop.example",
                        max_length=253,
                    ),
                ),
                (
                    "merge_batches",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="The edit batches that merged it, to be undone.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "default_category",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="finance.category",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="finance.merchant",
                    ),
                ),
                ("tenant", tenant()),
            ],
            options=OPTIONS | {"ordering": ("name", "id")},
        ),
        migrations.CreateModel(
            name="MerchantAlias",
            fields=[
                ("id", new_key()),
                (
                    "text",
                    models.CharField(
                        help_text="As it was written when it was learned.", max_length=300
                    ),
                ),
                (
                    "key",
                    models.CharField(help_text="The text without what varies.", max_length=600),
                ),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="aliases",
                        to="finance.merchant",
                    ),
                ),
                ("tenant", tenant()),
            ],
            options=OPTIONS
            | {"ordering": ("text", "id"), "verbose_name_plural": "merchant aliases"},
        ),
        migrations.AlterField(
            model_name="transaction",
            name="merchant",
            field=models.CharField(blank=True, help_text="The name of a Merchant.", max_length=200),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(fields=["tenant", "merchant"], name="transaction_merchant"),
        ),
        migrations.AddIndex(
            model_name="merchant",
            index=models.Index(fields=["tenant", "key"], name="merchant_key"),
        ),
        migrations.AddIndex(
            model_name="merchant",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["tenant", "merged_into"],
                name="merchant_merged",
            ),
        ),
        migrations.AddConstraint(
            model_name="merchant",
            constraint=models.UniqueConstraint(
                fields=("tenant", "name"), name="merchant_name_once"
            ),
        ),
        migrations.AddIndex(
            model_name="merchantalias",
            index=models.Index(fields=["tenant", "merchant"], name="alias_of_merchant"),
        ),
        migrations.AddConstraint(
            model_name="merchantalias",
            constraint=models.UniqueConstraint(fields=("tenant", "key"), name="alias_key_once"),
        ),
        migrations.RunPython(make_merchants, migrations.RunPython.noop),
    ]
