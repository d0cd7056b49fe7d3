"""Importing files: uploads, and paths that an operator names. Both become a MailImport row and
one job; the file stays until the job has read it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from jobs.base import BaseJob, JobRun, JsonObject, PermanentError, RetryLater
from jobs.models import Job, JobQueue
from jobs.runner import JobRunner
from mail_ingest.charsets import storable
from mail_ingest.errors import MailConflict, MailFileError
from mail_ingest.fetching import UNEXPECTED, SourceStopped, Tally, read_pages
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount, MailImport
from mail_ingest.providers.base import Cursor, ProviderRefused
from mail_ingest.providers.factory import file_kind
from mail_ingest.sources import file_provider
from mail_ingest.storage import Stored
from mail_ingest.upload_files import IMPORT_FILE, keep, remove, sweep, uploads_folder
from notifications.notify import notify
from notifications.webhooks.outbox import emit
from tenancy.scope import current_actor
from tenancy.wording import Wording, worded
from tenancy.wording_field import wording_of

OWN_LABEL = "My archive"
OTHER_LABEL = "Imported files"


def import_upload(
    file: UploadedFile[bytes], *, is_own: bool, account_label: str = ""
) -> MailImport:
    """Keep an uploaded file and enqueue its import. Raises MailFileError, and keeps nothing, when
    it is too large, no mail, or more than there is room for."""
    name = storable(Path(file.name or "upload").name)[:255]
    path = keep(file)
    try:
        return start_import(
            path, name=name, is_own=is_own, account_label=account_label, is_temporary=True
        )
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def start_import(
    path: Path, *, is_own: bool, name: str = "", account_label: str = "", is_temporary: bool = False
) -> MailImport:
    """Enqueue the import of a file or Maildir into the upload account of that label, made on
    first use. `is_own` is the tenant's word that the archive is its own and complete. Raises
    MailFileError."""
    require_mail(path, name)
    with transaction.atomic():
        account = upload_account(account_label, is_own=is_own)
        mail_import: MailImport = MailImport.objects.create(
            account=account,
            name=name or path.name,
            path=str(path.resolve()),
            is_temporary=is_temporary,
            size=path.stat().st_size if path.is_file() else 0,
            created_by_id=current_actor().user_id,
        )
        job = enqueue_import(
            mail_import, trigger=worded("Import of %(name)s", name=mail_import.name)
        )
        mail_import.job_id = job.id
        mail_import.save(update_fields=("job_id",))
    return mail_import


def require_mail(path: Path, name: str = "") -> None:
    """Whether a file is mail, by its first bytes. Raises MailFileError with what is wrong."""
    try:
        file_kind(path)
    except ProviderRefused as error:
        raise MailFileError(_in_its_name(error, name)) from error


def upload_account(label: str, *, is_own: bool) -> ConnectedAccount:
    """The account that a file's messages go to. Raises MailFileError when the label's account was
    declared otherwise: what it holds already must not change its standing by an import."""
    label = label or (OWN_LABEL if is_own else OTHER_LABEL)
    account: ConnectedAccount
    account, is_new = ConnectedAccount.objects.get_or_create(
        kind=AccountKind.UPLOAD,
        label=label,
        defaults={
            "is_own": is_own,
            "declared_own_at": timezone.now() if is_own else None,
            "declared_own_by_id": current_actor().user_id if is_own else None,
        },
    )
    if not is_new:
        _require_fit(account, is_own=is_own)
    return account


def require_fitting_account(label: str, *, is_own: bool) -> None:
    """What `upload_account` would refuse, before there is anything to go there. Raises
    MailConflict."""
    label = label or (OWN_LABEL if is_own else OTHER_LABEL)
    account = ConnectedAccount.objects.filter(kind=AccountKind.UPLOAD, label=label).first()
    if account is not None:
        _require_fit(account, is_own=is_own)


def _require_fit(account: ConnectedAccount, *, is_own: bool) -> None:
    label = account.label
    if account.is_own != is_own:
        was = worded(
            "“%(label)s” was declared your own archive; import into another account.", label=label
        )
        was_not = worded(
            "“%(label)s” was not declared your own archive; import into another account.",
            label=label,
        )
        raise MailConflict(
            was if account.is_own else was_not, code="ownership_differs", field="is_own"
        )
    if account.state != AccountState.ACTIVE:
        raise MailConflict(
            worded(
                "“%(label)s” is %(state)s.", label=label, state=account.get_state_display().lower()
            ),
            code="account_not_active",
        )


def enqueue_import(mail_import: MailImport, *, trigger: str, priority: int = 1) -> Job:
    """Somebody waits for the first turn, which shows them this month; the rest is backlog and has
    priority 0."""
    return JobRunner.enqueue(
        ImportFile.kind, subject=str(mail_import.id), priority=priority, trigger=trigger,
        tenant_id=mail_import.tenant_id,
    )  # fmt: skip


class ImportFile(BaseJob):
    """Read an import's file. Its subject is the import's id."""

    kind = IMPORT_FILE
    queue = JobQueue.MAIL

    def run(self, run: JobRun) -> JsonObject:
        mail_import = _import(run)
        if mail_import is None or mail_import.finished_at is not None:
            return {"skipped": "The import is finished or gone."}
        try:
            tally = self.read(run, mail_import)
        except SourceStopped as stopped:
            raise PermanentError(
                worded("The account was paused or deleted meanwhile.")
            ) from stopped
        except ProviderRefused as error:
            raise PermanentError(_in_its_name(error, mail_import.name)) from error
        run.finish(lambda: self.finished(run, mail_import, tally))
        return tally.as_result()

    def read(self, run: JobRun, mail_import: MailImport) -> Tally:
        with closing(file_provider(mail_import)) as provider:
            if not mail_import.cursor:
                # All that can be known to be wrong is known before anything is stored.
                provider.check()
            pages = provider.list_new(mail_import.cursor)
            return read_pages(run, mail_import.account, provider, pages, _saver(mail_import))

    def finished(self, run: JobRun, mail_import: MailImport, tally: Tally) -> JsonObject:
        if tally.more:
            job = enqueue_import(mail_import, trigger=worded("There was more to read."), priority=0)
            MailImport.objects.filter(pk=mail_import.pk).update(job_id=job.id)
        else:
            MailImport.objects.filter(pk=mail_import.pk).update(
                finished_at=timezone.now(), error=""
            )
            ConnectedAccount.objects.filter(pk=mail_import.account_id).update(
                last_fetched_at=timezone.now()
            )
            emit([("import.finished", {"import": str(mail_import.pk), "kind": "mail"})])
            tell_finished(mail_import.pk, run.info.triggered_by_id)
        return tally.as_result()

    def after_run(self, run: JobRun, result: JsonObject) -> None:
        mail_import = _import(run)
        if mail_import is not None and mail_import.finished_at is not None:
            remove(mail_import)
        # Also what earlier imports left behind when they were killed.
        sweep(uploads_folder())

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        mail_import = _import(run)
        if mail_import is None:
            return
        known = isinstance(error, PermanentError | RetryLater)
        mail_import.error = wording_of(error) if known else UNEXPECTED
        if isinstance(error, PermanentError):
            mail_import.finished_at = timezone.now()
            remove(mail_import)
        mail_import.save(update_fields=("error", "finished_at"))


def tell_finished(import_id: uuid.UUID, by: uuid.UUID | None) -> None:
    """To whoever asked for the import, or else to all who may know."""
    row = MailImport.objects.get(pk=import_id)
    facts = {
        "name": row.name or Path(row.path).name,
        "stored": row.stored_count,
        "known": row.duplicate_count,
        "unreadable": row.quarantined_count,
    }
    people = None if by is None else [by]
    notify("import_finished", key=str(row.pk), facts=facts, link="/emails/", users=people)


def _saver(mail_import: MailImport) -> Callable[[Cursor, Stored], None]:
    def save(cursor: Cursor, stored: Stored) -> None:
        MailImport.objects.filter(pk=mail_import.pk).update(
            cursor=cursor,
            error="",
            stored_count=F("stored_count") + stored.stored,
            duplicate_count=F("duplicate_count") + stored.duplicates,
            quarantined_count=F("quarantined_count") + stored.quarantined,
        )

    return save


def _in_its_name(error: ProviderRefused, name: str) -> str:
    """What is wrong, with the name that the person knows the file by."""
    said = wording_of(error)
    if name and isinstance(said, Wording) and "name" in said.params:
        return said.having(name=name)
    return said


def _import(run: JobRun) -> MailImport | None:
    found: MailImport | None = (
        MailImport.objects.select_related("account").filter(pk=run.info.subject).first()
    )
    return found
