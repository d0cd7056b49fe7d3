"""Messages are told apart by what their sender wrote, not by the bytes that a source keeps."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

from django.db import migrations, models

from mail_ingest.identity import identity_of

AT_ONCE = 200


def identify(apps: Any, schema_editor: Any) -> None:
    """Of messages that were stored twice, the later ones keep the hash of their bytes as identity;
    so do those of which only the headers were kept."""
    connection = schema_editor.connection
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.all_tenants', 'on', true)")
    for page in _pages(apps):
        _identify(page, apps)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.all_tenants', '', true)")


def _pages(apps: Any) -> Iterator[list[Any]]:
    raws = apps.get_model("mail_ingest", "RawMessage")._base_manager
    last = None
    while True:
        rows = raws.filter(is_headers_only=False).order_by("id")
        page = list((rows if last is None else rows.filter(id__gt=last))[:AT_ONCE])
        if not page:
            return
        last = page[-1].id
        yield page


def _identify(page: list[Any], apps: Any) -> None:
    raws = apps.get_model("mail_ingest", "RawMessage")._base_manager
    for row in page:
        row.identity = identity_of(zlib.decompress(row.data))
    found = raws.filter(identity__in=[row.identity for row in page])
    taken = set(found.values_list("tenant_id", "identity"))
    changed = []
    for row in page:
        if (row.tenant_id, row.identity) not in taken:
            taken.add((row.tenant_id, row.identity))
            changed.append(row)
    raws.bulk_update(changed, ["identity"])


class Migration(migrations.Migration):
    dependencies = [
        ("mail_ingest", "0008_wordings"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="rawmessage", name="raw_message_once"),
        migrations.RenameField(model_name="rawmessage", old_name="sha256", new_name="identity"),
        migrations.AlterField(
            model_name="rawmessage",
            name="identity",
            field=models.CharField(
                help_text="The same for the same message, however it came.", max_length=64
            ),
        ),
        migrations.RunPython(identify, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="rawmessage",
            constraint=models.UniqueConstraint(
                fields=("tenant", "identity"), name="raw_message_once"
            ),
        ),
        migrations.AlterField(
            model_name="email",
            name="state",
            field=models.CharField(
                choices=[
                    ("stored", "Stored"),
                    ("quarantined", "Quarantined"),
                    ("copy", "Another copy"),
                ],
                default="stored",
                max_length=16,
            ),
        ),
    ]
