"""Starting a replay, and deciding on what it found."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from extraction.models import DifferenceState, Replay, ReplayDifference
from extraction.pipeline import READER_VERSION
from jobs.models import Job
from jobs.runner import JobRunner
from mail_ingest.models import Email, EmailState
from tenancy.errors import DomainError
from tenancy.wording import worded

FIND, APPLY = "extraction.replay", "extraction.apply_replay"


class ReplayError(DomainError):
    """A replay that cannot be started, or a decision on nothing."""


def start(
    *, sender: str = "", since: date | None = None, until: date | None = None,
    email: Email | None = None,
) -> tuple[Replay, Job]:  # fmt: skip
    """Read stored messages again, in a job: of one sender, received between two days (both
    included, UTC), one alone, or all. Raises ReplayError."""
    if since and until and since > until:
        raise ReplayError(
            gettext("The first day is after the last."), code="days_reversed", field="since"
        )
    with transaction.atomic():
        run = Replay.objects.create(
            sender=sender.strip().casefold(), since=since, until=until, email=email,
            reader_version=READER_VERSION,
        )  # fmt: skip
        if not messages_of(run).exists():
            raise ReplayError(
                gettext("No stored message fits. Choose another sender or other days."),
                code="no_messages",
            )
        job = JobRunner.enqueue(FIND, subject=str(run.pk), trigger=worded("Replay"), priority=1)
    return run, job


def messages_of(run: Replay) -> QuerySet[Any]:
    """Newest first. Of what is kept by its headers alone nothing can be read again."""
    found = Email.objects.filter(state=EmailState.STORED, raw__is_headers_only=False)
    if run.email_id:
        found = found.filter(pk=run.email_id)
    if run.sender:
        found = found.filter(from_address=run.sender)
    if run.since:
        found = found.filter(received_at__gte=_midnight(run.since))
    if run.until:
        found = found.filter(received_at__lt=_midnight(run.until + timedelta(days=1)))
    return found.order_by("-received_at", "-id")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@dataclass(frozen=True, slots=True)
class Group:
    """Differences that can be decided together."""

    group: str
    kind: str
    sender: str
    count: int
    open: int


def groups(run: Replay) -> list[Group]:
    """Those of a replay, the ones with most to decide first."""
    rows = (
        run.differences.order_by()
        .values_list("group", "kind", "sender")
        .annotate(count=Count("id"), open=Count("id", filter=Q(state=DifferenceState.OPEN)))
        .order_by("-open", "-count", "group")
    )
    return [Group(*row) for row in rows]


def accept(run: Replay, *, group: str = "", ids: Sequence[uuid.UUID] = ()) -> Job:
    """Apply the open differences of a group, or those named, in a job. Raises ReplayError."""
    chosen = _chosen(run, group, ids)
    if not chosen.exists():
        raise ReplayError(gettext("Nothing of it is open any more."), code="nothing_open")
    payload = {"group": group, "ids": [str(pk) for pk in ids]}
    return JobRunner.enqueue(
        APPLY, subject=f"{run.pk}:{uuid.uuid5(run.pk, repr(payload))}", payload=payload,
        trigger=worded("Accepted in a replay"), priority=1,
    )  # fmt: skip


def dismiss(run: Replay, *, group: str = "", ids: Sequence[uuid.UUID] = ()) -> int:
    """Leave the ledger as it is; returns how many were open."""
    return _chosen(run, group, ids).update(state=DifferenceState.DISMISSED)


def _chosen(run: Replay, group: str, ids: Sequence[uuid.UUID]) -> QuerySet[Any]:
    found = ReplayDifference.objects.filter(replay=run, state=DifferenceState.OPEN)
    return found.filter(group=group) if group else found.filter(pk__in=list(ids))
