"""Files kept beside a transaction, or beside what another app has: attached, removed, brought back
and dropped for good. `model` is one of the kinds of `KeptFile`."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from pathlib import PurePath
from typing import Any, Final, TypeVar, cast

from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.ledger.movements import clean_text
from finance.ledger.writing import locked, writing
from finance.models.files import KeptFile
from tenancy.models import TenantModel

File = TypeVar("File", bound=KeptFile)
LARGEST: Final = 10 * 2**20
QUOTA: Final = 500 * 2**20
MOST: Final = 20
KEPT_DAYS: Final = 30
PDF_WITHIN: Final = 1_024
# What a browser would run as a page, were it ever shown instead of saved.
HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def kept(model: type[File]) -> QuerySet[File]:
    """Those that are not removed, without their bytes."""
    return cast("QuerySet[File]", model.objects.filter(removed_at=None).defer("data"))


def attach(model: type[File], owner_id: uuid.UUID, name: str, data: bytes) -> File:
    """Keep a PDF or a photo. The same file again is the first one. Raises NotInLedger, LedgerError
    for what is too large, of another kind, or too much."""
    if len(data) > LARGEST:
        raise LedgerError(
            gettext("A file has at most %(n)d MB.") % {"n": LARGEST // 2**20},
            code="too_large", field="file",
        )  # fmt: skip
    media_type = media_type_of(data)
    if not media_type:
        raise LedgerError(
            gettext("Attach a PDF or a photo (JPEG, PNG, WebP, HEIC)."),
            code="unknown_type", field="file",
        )  # fmt: skip
    sha256 = hashlib.sha256(data).hexdigest()
    with writing():
        beside = {model.owner: locked(_owners(model), owner_id)}
        same: File | None = model.objects.filter(sha256=sha256, **beside).first()
        if same is not None and same.removed_at is None:
            return same
        _check_count(model, beside)
        if same is not None:
            same.removed_at = None
            same.save(update_fields=["removed_at"])
            return same
        _check_quota(model, len(data))
        made: File = model.objects.create(
            name=_plain_name(name), media_type=media_type, size=len(data), sha256=sha256,
            data=data, **beside,
        )  # fmt: skip
    return made


def upload(model: type[File], owner_id: uuid.UUID, request: HttpRequest) -> File:
    """Attach the `file` of a form. Raises as `attach`, and LedgerError where none was chosen."""
    file = request.FILES.get("file")
    if file is None:
        raise LedgerError(gettext("Choose a file."), code="required", field="file")
    return attach(model, owner_id, file.name or "", file.read(LARGEST + 1))


def remove(model: type[KeptFile], file_id: uuid.UUID) -> None:
    """It can be brought back for KEPT_DAYS. Raises NotInLedger."""
    _mark(model, file_id, is_removed=True)


def restore(model: type[File], file_id: uuid.UUID) -> File:
    """Raises NotInLedger, and LedgerError where others have taken its place."""
    return _mark(model, file_id, is_removed=False)


def purge(model: type[KeptFile]) -> int:
    """Drop for good what was removed long enough ago; returns how many."""
    before = timezone.now() - timedelta(KEPT_DAYS)
    dropped, _ = model.objects.filter(removed_at__lt=before).delete()
    return dropped


def download(row: KeptFile) -> HttpResponse:
    """The file, to be saved and never shown as a page."""
    disposition = content_disposition_header(as_attachment=True, filename=row.name) or "attachment"
    return HttpResponse(
        bytes(row.data), content_type=row.media_type,
        headers=HEADERS | {"Content-Disposition": disposition},
    )  # fmt: skip


def media_type_of(data: bytes) -> str:
    """By its first bytes; "" for other kinds."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"mif1", b"msf1"):
        return "image/heic"
    return "application/pdf" if b"%PDF-" in data[:PDF_WITHIN] else ""


def _owners(model: type[KeptFile]) -> type[TenantModel]:
    return cast("type[TenantModel]", model._meta.get_field(model.owner).related_model)


def _check_count(model: type[KeptFile], beside: dict[str, Any]) -> None:
    if model.objects.filter(removed_at=None, **beside).count() >= MOST:
        raise LedgerError(
            gettext("At most %(n)d files are kept in one place.") % {"n": MOST},
            code="too_many", field="file",
        )  # fmt: skip


def _check_quota(model: type[KeptFile], size: int) -> None:
    """Removed files count until they are dropped: they can be brought back."""
    used = model.objects.aggregate(sum=Sum("size"))["sum"] or 0
    if used + size > QUOTA:
        raise LedgerError(
            gettext("The ledger's files fill their %(n)d MB. Remove some first.")
            % {"n": QUOTA // 2**20},
            code="quota", field="file",
        )  # fmt: skip


def _plain_name(name: str) -> str:
    """Of any path, with its ending where it is too long."""
    base = clean_text(PurePath(name.replace("\\", "/")).name, 1_000).replace("\n", " ")
    if len(base) > 120:
        end = PurePath(base).suffix[:10]
        base = base[: 120 - len(end)] + end
    return base or gettext("File")


def _mark(model: type[File], file_id: uuid.UUID, *, is_removed: bool) -> File:
    with writing():
        row = locked(model, file_id)
        if row.removed_at is not None and not is_removed:
            owner = locked(_owners(model), getattr(row, f"{model.owner}_id"))
            _check_count(model, {model.owner: owner})
        row.removed_at = timezone.now() if is_removed else None
        row.save(update_fields=["removed_at"])
    return row
