"""Reading messages again in batches: to find differences, and to apply the accepted ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from extraction.attachments import attachments_of
from extraction.booking import Plan, Planner, ReadEmail
from extraction.learning import templates_of
from extraction.models import (
    DifferenceKind,
    DifferenceState,
    EmailExtraction,
    ExtractionState,
    Replay,
    ReplayDifference,
)
from extraction.pipeline import (
    carry_out,
    extraction_row,
    question_duplicates,
    read_email,
)
from extraction.replaying.bills import apply_to_bills, bill_differences
from extraction.replaying.comparing import Ledger, account_names, differences
from extraction.replaying.difference import Difference
from finance import ledger, review
from finance.ledger import Changes, Movement
from mail_ingest.models import Email
from tenancy.errors import DomainError
from tenancy.models import Tenant


def read_again(emails: Sequence[Email], tenant: Tenant) -> list[ReadEmail]:
    """The messages as today's rules read them. Writes nothing."""
    known = templates_of(email.from_address for email in emails)
    files = attachments_of(emails)
    return [
        read_email(mail, tenant, known.get(mail.from_address, ()), files.get(mail.pk, ()))
        for mail in emails
    ]


@dataclass(frozen=True, slots=True)
class Planned:
    """What today's rules would do with some messages, and how that differs from the ledger."""

    plans: dict[Any, list[Plan]]
    differences: list[Difference]


def find_differences(read: Sequence[ReadEmail], tenant: Tenant) -> list[Difference]:
    """What today's rules would change. Planning may open accounts; that is taken back."""
    with transaction.atomic():
        found = _planned(read, tenant).differences
        transaction.set_rollback(True)
    return [*found, *bill_differences(read, tenant, account_names())]


def _planned(read: Sequence[ReadEmail], tenant: Tenant) -> Planned:
    planner = Planner(read, tenant)
    plans = planner.plan_all(read)
    plans = question_duplicates(plans, {one.email.pk: one.email.from_address for one in read})
    known, accounts = Ledger([one.email for one in read]), account_names()
    return Planned(
        plans,
        [
            difference
            for one in read
            for difference in differences(one, plans[one.email.pk], known, accounts)
        ],
    )


def keep_differences(found: Iterable[Difference], run: Replay) -> int:
    rows = [
        ReplayDifference(
            replay=run,
            email=one.email,
            item=one.item,
            kind=one.kind,
            sender=one.email.from_address,
            group=one.group,
            changes=dict(one.changes),
            transaction_id=one.row.pk if one.row else None,
        )
        for one in found
    ]
    ReplayDifference.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def apply_many(rows: Sequence[ReplayDifference], tenant: Tenant) -> dict[str, int]:
    """Apply accepted differences, in the caller's transaction, each as far as it still is what
    was shown. Returns how many ended in each state."""
    emails = list(
        Email.objects.filter(pk__in={row.email_id for row in rows}).select_related("account", "raw")
    )
    read = read_again(emails, tenant)
    bills = bill_differences(read, tenant, account_names())
    planned = _planned(read, tenant)
    now = {(one.email.pk, one.item, str(one.kind)): one for one in (*planned.differences, *bills)}
    counts = dict.fromkeys(DifferenceState.values, 0)
    for row in rows:
        row.state, row.note = _apply(row, now.get((row.email_id, row.item, row.kind)))
        counts[row.state] += 1
    ReplayDifference.objects.bulk_update(rows, ["state", "note"])
    applied = {row.email_id for row in rows if row.state == DifferenceState.ACCEPTED}
    _keep_readings([one for one in read if one.email.pk in applied], planned.plans)
    return counts


def _apply(shown: ReplayDifference, now: Difference | None) -> tuple[DifferenceState, str]:
    if now is None or dict(now.changes) != shown.changes:
        return DifferenceState.REFUSED, "The ledger or the rules have changed meanwhile."
    try:
        with transaction.atomic():
            _carry_out(now)
    except DomainError as error:
        return DifferenceState.REFUSED, str(error)[:300]
    return DifferenceState.ACCEPTED, ""


def _carry_out(now: Difference) -> None:
    match now.kind:
        case DifferenceKind.NEW if now.plan:
            carry_out([now.plan])
        case DifferenceKind.GONE if now.row:
            ledger.void(now.row.pk, "Read again: no transaction")
        case DifferenceKind.CHANGED if now.row:
            ledger.edit(now.row.pk, Changes(**now.new))  # type: ignore[typeddict-item]
        case DifferenceKind.BOOKABLE if now.question and now.plan and now.plan.movement:
            given = now.new if now.row else _as_changes(now.plan.movement)
            review.accept(now.question.pk, Changes(**given))  # type: ignore[typeddict-item]
        case _:
            apply_to_bills(now)


def _as_changes(movement: Movement) -> dict[str, Any]:
    return {name: getattr(movement, name) for name in Changes.__annotations__
            if hasattr(movement, name) and getattr(movement, name)}  # fmt: skip


def _keep_readings(read: Sequence[ReadEmail], plans: Mapping[Any, Sequence[Plan]]) -> None:
    """The evidence of what the ledger has now."""
    known = Ledger([one.email for one in read])
    rows = []
    for one in read:
        row = extraction_row(one, plans[one.email.pk])
        if known.asks(one.email):
            row.state = ExtractionState.PROPOSED
        elif known.has(one.email):
            row.state = ExtractionState.BOOKED
        rows.append(row)
    EmailExtraction.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["tenant", "email", "reader_version"],
        update_fields=[
            "state", "verdict", "event", "route", "confidence", "reasons", "candidates", "error",
        ],
    )  # fmt: skip
