"""Uploads in pieces, which go on where a connection was cut: begin, append at an offset, ask for
the offset, as in tus (https://tus.io/protocols/resumable-upload).

The file's size is how far an upload has come, so a process may be killed at any moment. Requests of
the same upload may overlap, where one hangs in a dead connection: each block is written only where
the file ends, so that the slower of two stops.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from django.db import transaction
from django.http import UnreadablePostError
from django.utils.translation import gettext

from jobs.full_disk import is_disk_full
from mail_ingest.charsets import storable
from mail_ingest.errors import MailConflict, MailError, MailFileError
from mail_ingest.imports import require_fitting_account, require_mail, start_import
from mail_ingest.models import MailUpload
from mail_ingest.upload_files import disk_full, received_bytes, require_room, upload_path

BLOCK_BYTES: Final = 256 * 1024
# By its first bytes it is known whether a file is mail at all.
ENOUGH_TO_TELL: Final = 1024


def begin_upload(
    *, name: str, size: int, is_own: bool = False, account_label: str = ""
) -> MailUpload:
    """Make room for a file of so many bytes. Raises MailFileError, UploadDiskFull, MailConflict
    with what would be refused once it is here."""
    require_room(size)
    require_fitting_account(account_label, is_own=is_own)
    upload: MailUpload = MailUpload.objects.create(
        name=storable(Path(name).name)[:255] or "upload", size=size, is_own=is_own,
        account_label=account_label,
    )  # fmt: skip
    upload_path(upload).touch(mode=0o600)
    return upload


def unfinished() -> list[tuple[MailUpload, int]]:
    """The uploads that were begun and are not whole, newest first, and how many bytes of each are
    there."""
    begun = MailUpload.objects.filter(import_id=None)
    return [(upload, received_bytes(upload)) for upload in begun]


def append(upload: MailUpload, offset: int, read: Callable[[int], bytes]) -> MailUpload:
    """Write what `read` gives at `offset`, which must be where the file ends. What has come before
    the connection breaks stays. A file that is whole is imported, once. Raises MailConflict
    (“offset_differs”: ask where to go on), UploadDiskFull (what is there stays), MailFileError
    (it is no mail: nothing stays)."""
    if upload.import_id is not None:
        return upload  # The answer that said so did not arrive.
    path = upload_path(upload)
    end = _write(path, offset, upload.size, read)
    if offset < ENOUGH_TO_TELL <= end or end == upload.size:
        try:
            require_mail(path, upload.name)
        except MailFileError:
            cancel_upload(upload)
            raise
    return _import(upload, path) if end == upload.size else upload


def cancel_upload(upload: MailUpload) -> None:
    """Forget what has come. An import that has begun goes on."""
    if upload.import_id is None:
        upload_path(upload).unlink(missing_ok=True)
    MailUpload.objects.filter(pk=upload.pk).delete()


def _write(path: Path, offset: int, size: int, read: Callable[[int], bytes]) -> int:
    """Where the file ends afterwards."""
    try:
        file = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        raise MailConflict(
            gettext("This upload was given up. Begin it anew."), code="upload_gone"
        ) from None
    try:
        if offset != os.fstat(file).st_size:
            raise _differs()
        while offset < size and (block := _next(read, min(BLOCK_BYTES, size - offset))):
            offset = _write_block(file, offset, block)
        return offset
    finally:
        os.close(file)


def _next(read: Callable[[int], bytes], count: int) -> bytes:
    try:
        return read(count)
    except UnreadablePostError:
        return b""  # The connection was cut: what is here stays.


def _write_block(file: int, offset: int, block: bytes) -> int:
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        if offset != os.fstat(file).st_size:
            raise _differs()
        written = 0
        while written < len(block):
            written += os.pwrite(file, block[written:], offset + written)
        return offset + written
    except OSError as error:
        if is_disk_full(error):
            raise disk_full() from error
        raise
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _differs() -> MailConflict:
    return MailConflict(
        gettext("The upload does not go on there. Ask where it does (HEAD: Upload-Offset)."),
        code="offset_differs",
    )


def _import(upload: MailUpload, path: Path) -> MailUpload:
    try:
        with transaction.atomic():
            row: MailUpload = MailUpload.objects.select_for_update().get(pk=upload.pk)
            if row.import_id is None:
                row.import_id = start_import(
                    path, name=row.name, is_own=row.is_own, account_label=row.account_label,
                    is_temporary=True,
                ).pk  # fmt: skip
                row.save(update_fields=("import_id",))
            return row
    except MailError:
        cancel_upload(upload)
        raise
