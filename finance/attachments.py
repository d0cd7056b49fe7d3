"""Attaching files to transactions, removing them and bringing them back."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, timedelta
from functools import reduce
from operator import or_
from pathlib import PurePath
from typing import Any, Final

from django.db.models import Q, QuerySet, Sum
from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.ledger.movements import clean_text
from finance.ledger.writing import locked, writing
from finance.models import Attachment, Transaction

LARGEST: Final = 10 * 2**20
QUOTA: Final = 500 * 2**20
MOST: Final = 20
KEPT_DAYS: Final = 30
# What was merged into one that was merged itself, so many times.
DEEPEST: Final = 3
PDF_WITHIN: Final = 1_024
# What a browser would run as a page, were it ever shown instead of saved.
HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
}


def kept() -> QuerySet[Attachment]:
    """Those that are not removed, without their bytes."""
    rows: QuerySet[Attachment] = Attachment.objects.filter(removed_at=None)
    return rows.defer("data")


def with_merged(row: Any, path: str = "transaction") -> Q:
    """Of a transaction, and of those that were merged into it: what a merge drops keeps its files,
    so that parting the two gives each its own."""
    return reduce(or_, (Q(**{path + "__merged_into" * deep: row}) for deep in range(DEEPEST + 1)))


def kept_of(row: Any) -> QuerySet[Attachment]:
    """Those that show beside a transaction."""
    return kept().filter(with_merged(row))


def attach(transaction_id: uuid.UUID, name: str, data: bytes) -> Attachment:
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
        row = locked(Transaction, transaction_id)
        same: Attachment | None = row.attachments.filter(sha256=sha256).first()
        if same is not None and same.removed_at is None:
            return same
        _check_count(row)
        if same is not None:
            same.removed_at = None
            same.save(update_fields=["removed_at"])
            return same
        _check_quota(len(data))
        made: Attachment = Attachment.objects.create(
            transaction=row, name=_plain_name(name), media_type=media_type, size=len(data),
            sha256=sha256, data=data,
        )  # fmt: skip
    return made


def remove(attachment_id: uuid.UUID) -> None:
    """It can be brought back for KEPT_DAYS. Raises NotInLedger."""
    _mark(attachment_id, is_removed=True)


def restore(attachment_id: uuid.UUID) -> Attachment:
    """Raises NotInLedger, and LedgerError where others have taken its place."""
    return _mark(attachment_id, is_removed=False)


def purge(day: date) -> int:
    """Drop for good what was removed long enough ago; returns how many."""
    before = timezone.now() - timedelta(KEPT_DAYS)
    dropped, _ = Attachment.objects.filter(removed_at__lt=before).delete()
    return dropped


def download(row: Attachment) -> HttpResponse:
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


def _check_count(row: Transaction) -> None:
    if row.attachments.filter(removed_at=None).count() >= MOST:
        raise LedgerError(
            gettext("A transaction has at most %(n)d files.") % {"n": MOST}, code="too_many",
            field="file",
        )  # fmt: skip


def _check_quota(size: int) -> None:
    """Removed files count until they are dropped: they can be brought back."""
    used = Attachment.objects.aggregate(sum=Sum("size"))["sum"] or 0
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


def _mark(attachment_id: uuid.UUID, *, is_removed: bool) -> Attachment:
    with writing():
        row = locked(Attachment, attachment_id)
        if row.removed_at is not None and not is_removed:
            _check_count(locked(Transaction, row.transaction_id))
        row.removed_at = timezone.now() if is_removed else None
        row.save(update_fields=["removed_at"])
    return row
