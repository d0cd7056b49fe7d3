"""Reading a source into the database: one page of messages and its cursor per transaction.

A run that is killed anywhere repeats at most one page, whose messages are recognised. A run that
has worked for its share of time hands the rest to a job of its own, so that no mailbox, however
large, holds a worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from jobs.base import BaseJob, JobRun, JsonObject, PermanentError, RetryLater
from jobs.models import JobQueue
from jobs.runner import JobRunner
from mail_ingest.models import AccountState, ConnectedAccount, Email
from mail_ingest.providers.base import (
    Cursor,
    EmailProvider,
    FolderedProvider,
    MessageRef,
    Page,
    ProviderRefused,
    ProviderUnavailable,
)
from mail_ingest.providers.tokens import ReconnectNeeded
from mail_ingest.sources import mailbox_provider
from mail_ingest.storage import Stored, prepare, store_emails, stored_ref
from notifications.facts import words
from notifications.notify import notify
from tenancy.encryption import DecryptionError
from tenancy.wording import worded
from tenancy.wording_field import in_our_language, wording_of

TURN_SECONDS = 90.0
UNEXPECTED = worded("It stopped with an unexpected error.")
READABLE_STATES = (AccountState.ACTIVE, AccountState.NEEDS_ATTENTION)


class GrantLost(PermanentError):
    """The person has to allow access to the mailbox once more."""


class SourceStopped(Exception):
    """The account was paused or deleted while it was read."""


@dataclass(slots=True)
class Tally:
    """What a run has done. `more` says that its turn ended before the source did; `notice` is what
    a person should put right though it went well."""

    found: int = 0
    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0
    more: bool = False
    notice: str = ""
    last_ref: str = ""

    def add(self, found: int, stored: Stored) -> None:
        self.found += found
        self.stored += stored.stored
        self.duplicates += stored.duplicates
        self.quarantined += stored.quarantined

    def as_result(self) -> JsonObject:
        return {
            "found": self.found, "stored": self.stored, "duplicates": self.duplicates,
            "quarantined": self.quarantined, "more": self.more,
        }  # fmt: skip


def read_pages(
    run: JobRun,
    account: ConnectedAccount,
    provider: EmailProvider,
    pages: Iterable[Page],
    save: Callable[[Cursor, Stored], None],
) -> Tally:
    """Fetch and store page after page; `save` is called in each page's transaction. Raises
    SourceStopped, ProviderError, LostLease, JobCancelled."""
    tally = Tally()
    ends = time.monotonic() + TURN_SECONDS
    for page in pages:
        wanted = _not_stored(account, page.refs)
        prepared = prepare(account, provider.fetch(wanted))
        with run.fenced():
            stored = store_emails(prepared)
            _count(account, stored)
            save(page.cursor, stored)
        tally.add(len(page.refs), stored)
        tally.last_ref = page.refs[-1].ref if page.refs else tally.last_ref
        progress = worded(
            "Messages read: %(found)s; new: %(stored)s", found=tally.found, stored=tally.stored
        )
        run.progress(page.done, page.total, progress)
        if time.monotonic() > ends:
            tally.more = True
            break
    return tally


def _not_stored(account: ConnectedAccount, refs: Sequence[MessageRef]) -> list[MessageRef]:
    by_ref = {stored_ref(ref.ref): ref for ref in refs}
    stored = Email.objects.filter(account=account, ref__in=by_ref).values_list("ref", flat=True)
    known = set(stored)
    return [ref for key, ref in by_ref.items() if key not in known]


def _count(account: ConnectedAccount, stored: Stored) -> None:
    updated = ConnectedAccount.objects.filter(pk=account.pk, state__in=READABLE_STATES).update(
        stored_count=F("stored_count") + stored.stored,
        duplicate_count=F("duplicate_count") + stored.duplicates,
        quarantined_count=F("quarantined_count") + stored.quarantined,
    )
    if not updated:
        raise SourceStopped


@contextmanager
def job_errors() -> Iterator[None]:
    """A provider's errors as the job's."""
    try:
        yield
    except ReconnectNeeded as error:
        raise GrantLost(wording_of(error)) from error
    except ProviderRefused as error:
        raise PermanentError(wording_of(error)) from error
    except ProviderUnavailable as error:
        raise RetryLater(wording_of(error), after_seconds=error.retry_after_seconds) from error
    except DecryptionError as error:
        raise PermanentError(
            worded("The stored password cannot be read: enter it again.")
        ) from error


class FetchAccount(BaseJob):
    """Read what has come to a mailbox since the last time. Its subject is the account's id."""

    kind = "mail_ingest.fetch_account"
    queue = JobQueue.MAIL

    def run(self, run: JobRun) -> JsonObject:
        account = _account(run)
        if account is None or account.state not in READABLE_STATES:
            return {"skipped": "The account is paused or gone."}
        with job_errors(), closing(mailbox_provider(account)) as provider:
            try:
                tally = read_pages(run, account, provider, self.pages(run, account, provider),
                                   self.saver(account))  # fmt: skip
            except SourceStopped:
                return {"skipped": "The account was paused or deleted meanwhile."}
            if isinstance(provider, FolderedProvider):
                tally.notice = provider.notice
        run.finish(lambda: self.finished(run, account, tally))
        return tally.as_result()

    def pages(
        self, run: JobRun, account: ConnectedAccount, provider: EmailProvider
    ) -> Iterator[Page]:
        return provider.list_new(account.cursor)

    def saver(self, account: ConnectedAccount) -> Callable[[Cursor, Stored], None]:
        def save(cursor: Cursor, stored: Stored) -> None:
            ConnectedAccount.objects.filter(pk=account.pk).update(cursor=cursor)

        return save

    def finished(self, run: JobRun, account: ConnectedAccount, tally: Tally) -> JsonObject:
        now = timezone.now()
        ConnectedAccount.objects.filter(pk=account.pk, state__in=READABLE_STATES).update(
            state=AccountState.ACTIVE,
            last_error=tally.notice,
            last_fetched_at=now,
            next_fetch_at=now + timedelta(minutes=account.poll_minutes),
        )
        if tally.more:
            self.go_on(run, tally)
        return tally.as_result()

    def next_payload(self, run: JobRun, tally: Tally) -> JsonObject:
        return run.info.payload

    def go_on(self, run: JobRun, tally: Tally) -> None:
        JobRunner.enqueue(
            self.kind, subject=run.info.subject, payload=self.next_payload(run, tally),
            trigger=worded("There was more to read."), triggered_by_id=run.info.triggered_by_id,
        )  # fmt: skip

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        account = _account(run)
        if account is None or account.state not in READABLE_STATES:
            return
        known = isinstance(error, PermanentError | RetryLater)
        changed: dict[str, Any] = {"last_error": wording_of(error) if known else UNEXPECTED}
        if isinstance(error, GrantLost):
            changed |= {"state": AccountState.RECONNECT, "next_fetch_at": None}
        elif isinstance(error, PermanentError):
            changed |= {"state": AccountState.NEEDS_ATTENTION, "next_fetch_at": None}
        elif final:
            changed["next_fetch_at"] = timezone.now() + timedelta(minutes=account.poll_minutes)
        # Somebody may have paused or deleted it meanwhile: that stays.
        rows = ConnectedAccount.objects.filter(pk=account.pk, state__in=READABLE_STATES)
        if rows.update(**changed) and isinstance(error, GrantLost):
            account.last_error = changed["last_error"]
            tell_to_reconnect(account)


def tell_to_reconnect(account: ConnectedAccount) -> None:
    """Once for each time that access was lost."""
    notify(
        "mailbox_reconnect",
        key=f"{account.pk}:{account.token_expires_at or ''}",
        facts={
            "mailbox": account.label,
            "reason": words(lambda: in_our_language(account.last_error)),
        },
        link="/sources/",
    )


class BackfillAccount(FetchAccount):
    """Read what came between two dates, whatever has been read before. The payload holds `since`
    and `until` (ISO dates or null, both included), and `after`, the ref that the turn before came
    to; the cursor is left alone."""

    kind = "mail_ingest.backfill_account"

    def pages(
        self, run: JobRun, account: ConnectedAccount, provider: EmailProvider
    ) -> Iterator[Page]:
        since, until = (_date(run.info.payload.get(name)) for name in ("since", "until"))
        pages, after = provider.list_between(since, until), run.info.payload.get("after")
        return _pages_after(pages, str(after)) if after else pages

    def saver(self, account: ConnectedAccount) -> Callable[[Cursor, Stored], None]:
        return lambda cursor, stored: None

    def next_payload(self, run: JobRun, tally: Tally) -> JsonObject:
        return run.info.payload | {"after": tally.last_ref}


def _pages_after(pages: Iterable[Page], ref: str) -> Iterator[Page]:
    """What follows a message; all of them where it is there no more."""
    before, rest = [], iter(pages)
    for page in rest:
        before.append(page)
        refs = [each.ref for each in page.refs]
        if ref in refs:
            left = page.refs[refs.index(ref) + 1 :]
            if left:
                yield replace(page, refs=left)
            yield from rest
            return
    yield from before


def count_between(account: ConnectedAccount, since: date | None, until: date | None) -> Tally:
    """What a backfill would find and how many of those are not stored yet; stores nothing.
    Raises ProviderError, DecryptionError."""
    tally = Tally()
    with closing(mailbox_provider(account)) as provider:
        for page in provider.list_between(since, until):
            tally.add(len(page.refs), Stored(stored=len(_not_stored(account, page.refs))))
    return tally


def _account(run: JobRun) -> ConnectedAccount | None:
    found: ConnectedAccount | None = ConnectedAccount.objects.filter(pk=run.info.subject).first()
    return found


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
