"""Where uploaded statements lie until they are applied: under DATA_DIR, by the import's id."""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext

from finance.errors import LedgerError
from tenancy.wording import worded


def path_of(import_id: uuid.UUID) -> Path:
    return Path(settings.DATA_DIR) / "statements" / str(import_id)


def keep(import_id: uuid.UUID, data: bytes) -> None:
    """Raises LedgerError when it cannot be kept."""
    path = path_of(import_id)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.chmod(0o600)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise LedgerError(
            worded(
                "The file could not be kept (%(reason)s). Tell whoever runs Inledger.",
                reason=error.strerror,
            ),
            code="not_kept",
        ) from error


def load(import_id: uuid.UUID) -> bytes:
    """Raises LedgerError when it is gone."""
    try:
        return path_of(import_id).read_bytes()
    except OSError as error:
        raise LedgerError(
            gettext("The file is gone. Upload it once more."), code="file_gone"
        ) from error


def forget(import_id: uuid.UUID) -> None:
    path_of(import_id).unlink(missing_ok=True)
