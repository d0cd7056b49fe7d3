"""How far the mail of each account has come: found, fetched, about money, booked, asked about."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from extraction.models import EmailExtraction, ExtractionState
from extraction.scheduling import pending_emails
from extraction.senders import SOURCE_KIND
from finance.models import ReviewItem, ReviewState
from finance.querysets import open_review_items
from jobs.models import LIVE_STATES, Job, JobState
from mail_ingest.fetching import BackfillAccount, FetchAccount
from mail_ingest.models import AccountKind, ConnectedAccount, Email
from mail_ingest.screening import Screening

READS_MAILBOXES = (FetchAccount.kind, BackfillAccount.kind)
# Of a file the work is counted in kB or entries, not in messages.
COUNTS_MESSAGES = (AccountKind.IMAP, AccountKind.GMAIL, AccountKind.OUTLOOK)


@dataclass(frozen=True, slots=True)
class MailProgress:
    """Counts of messages. `found` are those fetched and, while a mailbox is being read, those of it
    still to fetch; `unread` wait for the reader; `booked` were booked by the reader itself or by a
    person's yes; `in_review` have an open question now. `oldest` is how far back it goes."""

    account: ConnectedAccount
    found: int
    fetched: int
    financial: int
    unread: int
    booked: int
    in_review: int
    oldest: datetime | None
    is_running: bool


def mail_progress(accounts: Iterable[ConnectedAccount]) -> list[MailProgress]:
    """In the order given; eight queries however many there are."""
    shown = list(accounts)
    ids = [account.pk for account in shown]
    emails = Email.objects.filter(account__in=ids).order_by()
    totals: dict[uuid.UUID, dict[str, Any]] = {
        row["account"]: row
        for row in emails.values("account").annotate(
            fetched=Count("pk"),
            financial=Count("pk", filter=Q(screening=Screening.POSSIBLE)),
            oldest=Min("received_at"),
        )
    }
    unread = _per_account(pending_emails().filter(account__in=ids))
    asked = _per_account(emails.filter(pk__in=_sources(open_review_items())))
    accepted = ReviewItem.objects.filter(state=ReviewState.ACCEPTED)
    booked = _per_account(emails.filter(_is_booked() | Q(pk__in=_sources(accepted))))
    running = _running(ids)
    found = []
    for account in shown:
        of = totals.get(account.pk, {})
        fetched = of.get("fetched", 0)
        to_come = running.get(str(account.pk))
        counts = account.kind in COUNTS_MESSAGES
        found.append(
            MailProgress(
                account=account,
                found=fetched + (to_come or 0 if counts else 0),
                fetched=fetched,
                financial=of.get("financial", 0),
                unread=unread[account.pk],
                booked=booked[account.pk],
                in_review=asked[account.pk],
                oldest=of.get("oldest"),
                is_running=to_come is not None or unread[account.pk] > 0,
            )
        )
    return found


def _per_account(emails: Any) -> Counter[uuid.UUID]:
    rows = emails.order_by().values_list("account").annotate(n=Count("pk"))
    return Counter(dict(rows))


def _is_booked() -> Exists:
    """Whether the newest reading of a message was booked by the reader itself."""
    newer = EmailExtraction.objects.filter(
        tenant=OuterRef("tenant"), email=OuterRef("email"),
        reader_version__gt=OuterRef("reader_version"),
    )  # fmt: skip
    return Exists(
        EmailExtraction.objects.filter(
            ~Exists(newer), tenant=OuterRef("tenant"), email=OuterRef("pk"),
            state=ExtractionState.BOOKED,
        )
    )  # fmt: skip


def _sources(items: QuerySet[ReviewItem]) -> list[uuid.UUID]:
    """The messages that questions are about."""
    asked = items.filter(source_kind=SOURCE_KIND).order_by()
    return [uuid.UUID(text) for text in asked.values_list("source_id", flat=True).distinct()]


def _running(ids: list[uuid.UUID]) -> dict[str, int]:
    """Messages still to come of the accounts that are read now, by the id that is the job's
    subject; 0 for one whose job waits."""
    jobs = Job.objects.filter(
        kind__in=READS_MAILBOXES, subject__in=[str(pk) for pk in ids], state__in=LIVE_STATES
    )
    left: dict[str, int] = {}
    for job in jobs.only("subject", "state", "progress_done", "progress_total"):
        to_come = max((job.progress_total or 0) - job.progress_done, 0)
        running = to_come if job.state == JobState.RUNNING else 0
        left[job.subject] = left.get(job.subject, 0) + running
    return left
