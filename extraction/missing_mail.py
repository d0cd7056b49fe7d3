"""Telling that the messages about an account have stopped coming."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Final

from django.db.models import QuerySet

from extraction.senders import SOURCE_KIND
from finance.models import FinancialAccount, Transaction, TransactionState
from finance.querysets import today
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.runner import JobRunner
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount, Email
from notifications.notify import cancel, notify
from tenancy.scope import all_tenants
from tenancy.wording import worded

KIND: Final = "mail_missing"
WATCH: Final = "extraction.watch_missing_mail"
# What is usual is learned from so many days with messages, in so long a time.
LEAST_DAYS: Final = 6
HISTORY: Final = timedelta(days=400)
# Told when it has been quiet for so many times the usual, and at least for so long.
TIMES: Final = 3
LEAST: Final = timedelta(days=7)
# Whoever has been quiet for so long has been closed.
LONGEST: Final = timedelta(days=120)


class WatchMissingMail(BaseJob):
    """By schedule: one job for each tenant with a mailbox. With a tenant: its accounts."""

    kind = WATCH

    def run(self, run: JobRun) -> JsonObject:
        if run.info.tenant_id is None:
            return {"enqueued": _enqueue()}
        with run.fenced():
            return {"told": tell_missing_mail(today())}


def tell_missing_mail(day: date) -> int:
    """Tell of the scope's accounts that are quiet for too long; take back what has come since.
    Returns how many accounts are quiet."""
    quiet = 0
    for account in FinancialAccount.objects.filter(is_archived=False):
        days = _days_with_mail(account.pk, day)
        usual = _usual_gap(days)
        last = days[-1] if days else None
        is_quiet = (
            last is not None
            and usual is not None
            and max(TIMES * usual, LEAST) < day - last < LONGEST
            and _is_from_mailbox(account.pk, last)
        )
        if not is_quiet or last is None or usual is None:
            cancel(KIND, key=f"{account.pk}:*")
            continue
        quiet += 1
        facts = {"account": account.name, "date": last, "days": ceil(usual.days)}
        link = f"/accounts/{account.pk}/"
        notify(KIND, key=f"{account.pk}:{last}", facts=facts, link=link)
    return quiet


def _days_with_mail(account_id: uuid.UUID, day: date) -> list[date]:
    rows = Transaction.objects.filter(
        account=account_id, source_kind=SOURCE_KIND, booked_on__range=(day - HISTORY, day)
    ).exclude(state=TransactionState.VOID)
    return list(rows.order_by("booked_on").values_list("booked_on", flat=True).distinct())


def _usual_gap(days: Sequence[date]) -> timedelta | None:
    """The median between two days with messages; None where too few are known."""
    if len(days) < LEAST_DAYS:
        return None
    return timedelta(days=median((b - a).days for a, b in pairwise(days)))


def _is_from_mailbox(account_id: uuid.UUID, last: date) -> bool:
    """Whether the latest message came from a mailbox that is read now: an archive that was
    imported brings no more, and of a mailbox that cannot be read another notice tells."""
    rows = Transaction.objects.filter(
        account=account_id, source_kind=SOURCE_KIND, booked_on=last
    ).exclude(state=TransactionState.VOID)
    emails = [uuid.UUID(source_id) for source_id in rows.values_list("source_id", flat=True)]
    return Email.objects.filter(
        pk__in=emails, account__in=_mailboxes().filter(state=AccountState.ACTIVE)
    ).exists()


def _mailboxes() -> QuerySet[ConnectedAccount]:
    return ConnectedAccount.objects.exclude(kind=AccountKind.UPLOAD)


def _enqueue() -> int:
    with all_tenants("which tenants have a mailbox"):
        rows = _mailboxes().filter(state=AccountState.ACTIVE, tenant__is_active=True)
        tenants = list(rows.order_by().values_list("tenant_id", flat=True).distinct())
    for tenant_id in tenants:
        JobRunner.enqueue(WATCH, tenant_id=tenant_id, trigger=worded("Schedule"))
    return len(tenants)
