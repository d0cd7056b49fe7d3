"""Uploaded files that wait, encrypted, until somebody has looked at what they hold."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Final, TypeVar

from django.utils import timezone
from django.utils.translation import gettext

from organizer.errors import OrganizerError
from organizer.models import ImportState
from organizer.models.imports import FileImport
from tenancy.encryption import decrypt, encrypt
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id

LARGEST_FILE: Final = 10 * 1024 * 1024
# What nobody has looked at by then is forgotten at the next upload.
FORGOTTEN_AFTER: Final = timedelta(days=2)

Import = TypeVar("Import", bound=FileImport)


def keep_file(model: type[Import], name: str, data: bytes) -> Import:
    """Keep an uploaded file. Raises OrganizerError."""
    if len(data) > LARGEST_FILE:
        raise OrganizerError(
            gettext("The file is larger than 10 MB. Export it in parts."), code="too_large",
            field="file",
        )  # fmt: skip
    if not data.strip(b"\x00\xff\xfe \t\r\n"):
        raise OrganizerError(gettext("The file is empty."), code="empty", field="file")
    stale = model.objects.filter(state=ImportState.READY)
    stale.filter(created_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()
    row = model(id=new_id(), name=name.replace("\0", "")[:200] or "file")
    text = base64.b64encode(data).decode()
    row.data = encrypt(text, tenant_id=current_tenant_id(), field=_place(model), pk=row.pk)
    row.save(force_insert=True)
    return row


def file_of(row: FileImport) -> bytes:
    """The bytes of a file that is not applied. Raises DecryptionError."""
    place = _place(type(row))
    text = decrypt(row.data, tenant_id=current_tenant_id(), field=place, pk=row.pk)
    return base64.b64decode(text)


def claim(row: Import) -> Import:
    """The row, locked, if it waits still. Raises OrganizerError."""
    found: Import | None = type(row).objects.select_for_update().filter(pk=row.pk).first()
    if found is None or found.state != ImportState.READY:
        raise OrganizerError(gettext("This file has been taken over already."), code="applied")
    return found


def finish(row: FileImport, result: dict[str, int]) -> None:
    """It is applied: the file is forgotten, what came of it stays."""
    row.state, row.data, row.result = ImportState.APPLIED, "", result
    row.save(update_fields=["state", "data", "result"])


def _place(model: type[FileImport]) -> str:
    return f"{model.__name__}.data"
