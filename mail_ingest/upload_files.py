"""The files that people upload: under DATA_DIR/uploads, by tenant and a random name, no longer than
their import needs them. They hold a person's mail, so one that was left behind (its worker was
killed, say) is removed too."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext

from jobs.base import BaseJob, JobRun, JsonObject
from jobs.full_disk import is_disk_full
from jobs.models import LIVE_STATES, Job
from mail_ingest.errors import MailFileError, UploadDiskFull
from mail_ingest.models import MailImport, MailUpload
from tenancy.scope import all_tenants, current_tenant_id

IMPORT_FILE: Final = "mail_ingest.import_file"
# So long after its last sign of life a file without a job may still be wanted: somebody retries
# the job, or is about to enqueue it.
GRACE_SECONDS: Final = 24 * 3600


def uploads_folder() -> Path:
    """The folder of the scope's tenant, made when it is not there."""
    folder = _root() / str(current_tenant_id())
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder


def upload_path(upload: MailUpload) -> Path:
    """Where the pieces of an upload are put together."""
    return uploads_folder() / upload.pk.hex


def received_bytes(upload: MailUpload) -> int:
    """How much of an upload is there."""
    if upload.import_id is not None:
        return int(upload.size)
    return _size_of(upload_path(upload))


def require_room(size: int) -> None:
    """Whether a file of so many bytes may come. Raises MailFileError when it is too large by
    itself, or together with those of the tenant that wait to be read; UploadDiskFull."""
    if size > settings.MAIL_UPLOAD_MAX_MB * 2**20:
        raise MailFileError(too_large(), code="file_too_large")
    quota = settings.MAIL_UPLOAD_QUOTA_MB * 2**20
    if size + _waiting_bytes() > quota:
        raise MailFileError(
            gettext(
                "With this file, more than %(quota)d MB would wait to be read. Wait until the files"
                " before it are read, or cancel an upload."
            )
            % {"quota": settings.MAIL_UPLOAD_QUOTA_MB},
            code="upload_quota",
        )
    usage = shutil.disk_usage(uploads_folder())
    if usage.free - size - _announced_bytes() < min(usage.total // 20, 2**30):
        raise disk_full()


def too_large() -> str:
    return (
        f"The file is larger than {settings.MAIL_UPLOAD_MAX_MB} MB. Split it, or have the operator"
        " run “manage.py import_mail”."
    )


def _waiting_bytes() -> int:
    sent = MailUpload.objects.filter(import_id=None)
    read = MailImport.objects.filter(finished_at=None, is_temporary=True)
    return sum(rows.aggregate(bytes=Sum("size"))["bytes"] or 0 for rows in (sent, read))


def _announced_bytes() -> int:
    """What the unfinished uploads of all tenants have yet to bring."""
    with all_tenants("room for the uploads that have begun"):
        begun = MailUpload.objects.filter(import_id=None, created_at__gt=_grace())
        left = begun.values_list("tenant_id", "id", "size")
        return sum(size - _size_of(_root() / str(tenant) / pk.hex) for tenant, pk, size in left)


def keep(file: UploadedFile[bytes]) -> Path:
    """Copy what came with a request to where its import finds it. Raises MailFileError,
    UploadDiskFull, and keeps nothing then."""
    require_room(file.size or 0)
    path = uploads_folder() / uuid.uuid4().hex
    try:
        with path.open("xb") as kept:
            shutil.copyfileobj(file, kept, 1024 * 1024)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if is_disk_full(error):
            raise disk_full() from error
        raise
    return path


def disk_full() -> UploadDiskFull:
    return UploadDiskFull(
        gettext(
            "The disk of this Inledger is full, so the file was not kept. Nothing was changed. Tell"
            " whoever runs it, and upload the file again once there is room."
        )
    )


def remove(mail_import: MailImport) -> None:
    """Remove an upload that has been read. What an operator named is not ours to remove."""
    if mail_import.is_temporary:
        Path(mail_import.path).unlink(missing_ok=True)


def sweep(folder: Path) -> int:
    """Remove the files of a tenant's folder that no import needs any more, in the scope of that
    tenant or all. Returns how many."""
    swept = 0
    for path in _files(folder):
        mail_import = MailImport.objects.filter(path=str(path.resolve())).first()
        if _is_needed(path, mail_import):
            continue
        path.unlink(missing_ok=True)
        swept += 1
        if mail_import is not None:
            _end_without_file(mail_import)
    for upload in MailUpload.objects.filter(created_at__lt=_grace()):
        if upload.import_id is not None or not (folder / upload.pk.hex).exists():
            upload.delete()
    return swept


def sweep_all() -> int:
    """`sweep` for every tenant. Returns how many files."""
    folders = list(_root().iterdir()) if _root().is_dir() else []
    with all_tenants("remove uploads that nobody reads"):
        return sum(sweep(folder) for folder in folders)


def sweep_half_received() -> int:
    """Remove what requests that were cut off by a kill have left in Django's folder for uploads.
    Returns how many files."""
    left = [
        path for path in _files(Path(settings.FILE_UPLOAD_TEMP_DIR))
        if ".upload" in path.name and _age(path) > GRACE_SECONDS
    ]  # fmt: skip
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


class SweepUploads(BaseJob):
    """Runs by schedule, every night."""

    kind = "mail_ingest.sweep_uploads"

    def run(self, run: JobRun) -> JsonObject:
        return {"uploads": sweep_all(), "half_received": sweep_half_received()}


def _is_needed(path: Path, mail_import: MailImport | None) -> bool:
    if mail_import is None:
        return _age(path) < GRACE_SECONDS
    if not mail_import.is_temporary:
        return True
    if mail_import.finished_at is not None:
        return False
    jobs = Job.objects.filter(
        tenant=mail_import.tenant_id, kind=IMPORT_FILE, subject=str(mail_import.pk)
    )
    return jobs.filter(Q(state__in=LIVE_STATES) | Q(finished_at__gt=_grace())).exists()


def _end_without_file(mail_import: MailImport) -> None:
    MailImport.objects.filter(pk=mail_import.pk, finished_at=None).update(
        finished_at=timezone.now(),
        error="It was not finished, and its file has been removed: upload it again.",
    )


def _grace() -> datetime:
    return timezone.now() - timedelta(seconds=GRACE_SECONDS)


def _size_of(path: Path) -> int:
    """0 for a file that is not there."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _root() -> Path:
    return Path(settings.DATA_DIR) / "uploads"


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else iter(())


def _age(path: Path) -> float:
    """Seconds since it was written to; 0 when it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0
