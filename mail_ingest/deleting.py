"""Deleting an account with all that was read from it."""

from __future__ import annotations

import uuid
from collections import Counter

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from jobs.base import BaseJob, JobRun, JsonObject
from jobs.models import JobQueue
from mail_ingest.models import (
    AccountState,
    ConnectedAccount,
    Email,
    EmailState,
    MailImport,
    RawMessage,
)
from mail_ingest.screening import Screening
from mail_ingest.storage import locked_raws
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
    of_account = Email.objects.filter(account=account).order_by("id")
    rows = list(of_account.values_list("id", "raw_id")[:AT_ONCE])
    raw_ids = {raw_id for _, raw_id in rows}
    # Whoever stores one of these at this moment has locked it, and is waited for.
    locked_raws(raw_ids)
    emails = Email.objects.select_for_update().filter(id__in=[pk for pk, _ in rows])
    ids = list(emails.order_by("id").values_list("id", "raw_id", "state"))
    read = {raw_id: email_id for email_id, raw_id, state in ids if state != EmailState.COPY}
    kept = _hand_over(account, read)
    Email.objects.filter(id__in={row[0] for row in ids} - kept).delete()
    RawMessage.objects.filter(id__in=raw_ids, emails=None).delete()
    return len(rows)


def _hand_over(account: ConnectedAccount, by_raw: dict[uuid.UUID, uuid.UUID]) -> set[uuid.UUID]:
    """Messages that another account has a copy of become that account's, with all that was read
    from them, unless another one has them to be read as well. Returns their ids."""
    others = Email.objects.filter(raw_id__in=by_raw).exclude(account=account)
    read = others.filter(state=EmailState.STORED).exclude(screening=Screening.UNLIKELY)
    copies = others.filter(state=EmailState.COPY).exclude(account__state=AccountState.DELETING)
    copies = copies.exclude(raw_id__in=read.values("raw_id")).select_for_update(of=("self",))
    heirs = {copy.raw_id: copy for copy in copies.order_by("id")}
    Email.objects.filter(id__in=[copy.id for copy in heirs.values()]).delete()
    for copy in heirs.values():
        copy.id = by_raw[copy.raw_id]
    Email.objects.bulk_update(heirs.values(), ("account", "ref", "folder"))
    for account_id, count in Counter(copy.account_id for copy in heirs.values()).items():
        ConnectedAccount.objects.filter(pk=account_id).update(
            stored_count=F("stored_count") + count,
            duplicate_count=Greatest(F("duplicate_count") - count, 0),
        )
    return {copy.id for copy in heirs.values()}


def _delete_account(account: ConnectedAccount, deleted: int) -> JsonObject:
    with transaction.atomic():
        account.delete()
    return {"deleted": deleted}
