"""Deleting an account with all that was read from it."""

from __future__ import annotations

from django.db import transaction

from jobs.base import BaseJob, JobRun, JsonObject
from jobs.models import JobQueue
from mail_ingest.models import AccountState, ConnectedAccount, Email, MailImport, RawMessage
from mail_ingest.upload_files import remove
from tenancy.wording import worded

AT_ONCE = 500


class DeleteAccount(BaseJob):
    """Delete an account's messages, the bytes that no other account needs, and the account. Its
    subject is the account's id; it goes on where it was cut off."""

    kind = "mail_ingest.delete_account"
    queue = JobQueue.MAIL

    def run(self, run: JobRun) -> JsonObject:
        account = ConnectedAccount.objects.filter(
            pk=run.info.subject, state=AccountState.DELETING
        ).first()
        if account is None:
            return {"skipped": "The account is gone."}
        for mail_import in MailImport.objects.filter(account=account):
            remove(mail_import)
        deleted = 0
        while True:
            with run.fenced():
                count = _delete_some(account)
            if not count:
                break
            deleted += count
            run.progress(deleted, message=worded("Messages deleted: %(count)s", count=deleted))
        run.finish(lambda: _delete_account(account, deleted))
        return {"deleted": deleted}


def _delete_some(account: ConnectedAccount) -> int:
    rows = list(Email.objects.filter(account=account).values_list("id", "raw_id")[:AT_ONCE])
    Email.objects.filter(id__in=[row[0] for row in rows]).delete()
    RawMessage.objects.filter(id__in=[row[1] for row in rows], emails=None).delete()
    return len(rows)


def _delete_account(account: ConnectedAccount, deleted: int) -> JsonObject:
    with transaction.atomic():
        account.delete()
    return {"deleted": deleted}
