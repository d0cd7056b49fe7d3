"""What is due goes into the ledger: each due date once, oldest first, in a handful of statements
for all of a tenant."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import QuerySet

from finance.ledger import Movement, Source, post_many, propose_many
from finance.ledger.writing import writing
from finance.models import (
    Recurring,
    RecurringMode,
    RecurringSlot,
    RecurringState,
    SlotState,
    Transaction,
    TransactionState,
)
from finance.models.recurring import SlotKey
from finance.money import Money
from finance.recurrence import take_due
from notifications import facts
from notifications.notify import notify

SOURCE: Final = "recurring"
# How many due dates one batch deals with: after a long downtime there are several batches.
AT_ONCE: Final = 400
# A transaction so many days from a due date may be what was due then.
NEAR: Final = timedelta(days=3)
Due = tuple[Recurring, date]
STATES: Final[dict[str, SlotState]] = {
    RecurringMode.BOOK: SlotState.BOOKED,
    RecurringMode.ASK: SlotState.ASKED,
    RecurringMode.WATCH: SlotState.WAITING,
}


def run_due(day: date, limit: int = AT_ONCE) -> int:
    """Deal with what is due through `day`, at most `limit` due dates of the tenant. Returns how
    many: when that is `limit`, there may be more. What cannot be recorded (its account has been
    closed) says so in `problem`, and stays due."""
    with writing():
        rows = _due_rows(day)
        taken: list[Due] = []
        for row in rows:
            if row.next_on is None:
                continue
            slots, row.next_on = take_due(row.rule, row.next_on, day, limit - len(taken))
            taken += [(row, slot) for slot in slots]
        Recurring.objects.bulk_update(rows, ["next_on"])
        done = {
            (recurring_id, due_on)
            for recurring_id, due_on in RecurringSlot.objects.filter(
                recurring__in=rows, due_on__in={due_on for _, due_on in taken}
            ).values_list("recurring_id", "due_on")
        }
        new = sorted(
            ((row, due_on) for row, due_on in taken if (row.pk, due_on) not in done),
            key=lambda due: (due[1], due[0].pk),
        )
        _record(new, day)
    return len(taken)


def _due_rows(day: date) -> list[Recurring]:
    rows = (
        Recurring.objects.select_for_update(no_key=True, of=("self",))
        .filter(state=RecurringState.ACTIVE, next_on__lte=day)
        .select_related("account", "category")
        .order_by("next_on", "id")
    )
    able: list[Recurring] = []
    changed: list[Recurring] = []
    for row in rows:
        problem = ""
        if row.account.is_archived:
            problem = f"The account “{row.account.name}” is closed."
        elif row.category is not None and row.category.is_archived:
            problem = f"The category “{row.category.label}” is archived."
        if row.problem != problem:
            row.problem = problem
            changed.append(row)
        if not problem:
            able.append(row)
    Recurring.objects.bulk_update(changed, ["problem"])
    return able


def _record(new: Sequence[Due], day: date) -> None:
    """Slots and transactions of due dates that have none yet, and one notice of them all."""
    if not new:
        return
    there = already_there(new)
    open_ones = [due for due in new if key_of(due) not in there]
    made: dict[SlotKey, Transaction] = dict(there)
    for mode in (RecurringMode.BOOK, RecurringMode.ASK):
        of_mode = [due for due in open_ones if due[0].mode == mode]
        booked = book_slots(of_mode, is_asked=mode == RecurringMode.ASK)
        made |= {key_of(due): row for due, row in zip(of_mode, booked, strict=True)}
    RecurringSlot.objects.bulk_create(
        [
            RecurringSlot(
                recurring=row,
                due_on=due_on,
                state=SlotState.MET if (row.pk, due_on) in there else STATES[row.mode],
                transaction=made.get((row.pk, due_on)),
            )
            for row, due_on in new
        ]
    )
    posted = [due for due in open_ones if due[0].mode == RecurringMode.BOOK]
    if posted:
        names = ", ".join(dict.fromkeys(row.name for row, _ in posted))
        notify(
            "recurring_posted",
            # Of one batch: the first of its slots is in no other.
            key=f"{posted[0][0].pk}:{posted[0][1]}",
            facts={"count": len(posted), "names": names[:500]},
            link="/recurring/",
        )


def key_of(due: Due) -> SlotKey:
    return due[0].pk, due[1]


def book_slots(
    dues: Sequence[Due],
    *,
    is_asked: bool = False,
    booked_on: date | None = None,
    amount: Money | None = None,
) -> list[Transaction]:
    """The transactions of due dates, in order. The source names the due date, so that none is
    booked twice. Raises LedgerError."""
    movements = [
        Movement(
            account_id=row.account_id,
            booked_on=booked_on or due_on,
            amount=amount or row.expected,
            merchant=row.merchant or row.name,
            category_id=row.category_id,
            notes=row.notes,
            source=Source(SOURCE, f"{row.pk}:{due_on}"),
        )
        for row, due_on in dues
    ]
    if not movements:
        return []
    if is_asked:
        return propose_many([(movement, [SOURCE]) for movement in movements])
    return post_many(movements)


def already_there(dues: Sequence[Due]) -> dict[SlotKey, Transaction]:
    """Transactions that are what was due: of the same account and merchant, with an amount that
    the template takes, within three days, and not another due date's already. One is for one due
    date only; the nearest in time wins."""
    if not dues:
        return {}
    first, last = min(due for _, due in dues) - NEAR, max(due for _, due in dues) + NEAR
    candidates = list(
        unlinked(first, last, {row.account_id for row, _ in dues}).only(
            "id", "account_id", "booked_on", "amount_minor", "currency", "merchant"
        )
    )
    pairs = sorted(
        (abs(found.booked_on - due_on), due_on, row.pk, found.pk, found, row)
        for row, due_on in dues
        for found in candidates
        if abs(found.booked_on - due_on) <= NEAR and is_of(row, found)
    )
    matched: dict[SlotKey, Transaction] = {}
    used: set[uuid.UUID] = set()
    for _, due_on, recurring_id, found_id, found, _row in pairs:
        if found_id not in used and (recurring_id, due_on) not in matched:
            used.add(found_id)
            matched[recurring_id, due_on] = found
    return matched


def is_of(row: Recurring, found: Transaction) -> bool:
    """Whether a transaction may be one of a template's."""
    names = {row.merchant.casefold(), row.name.casefold()} - {""}
    return (
        found.account_id == row.account_id
        and row.takes(found.amount_minor)
        and found.merchant.casefold() in names
    )


def unlinked(first: date, last: date, accounts: Iterable[uuid.UUID]) -> QuerySet[Transaction]:
    """Transactions of some days and accounts that count and are no due date's yet."""
    found: QuerySet[Transaction] = Transaction.objects.filter(
        account__in=set(accounts),
        booked_on__range=(first, last),
        state__in=(TransactionState.POSTED, TransactionState.PROPOSED),
        recurring_slots__isnull=True,
    ).exclude(source_kind=SOURCE)
    return found


def amount_fact(row: Recurring) -> dict[str, str]:
    return facts.money(abs(row.expected).decimal, row.currency)
