"""Which lines of a statement are new, imported before, or told by a message already."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from finance.models import LineOutcome, StatementLine, Transaction, TransactionState
from finance.statements.lines import Line, keys

# A bank books some days after a purchase was told of.
NEAR = timedelta(days=5)
AT_ONCE = 5_000
SOURCE_KIND = "statement"


@dataclass(frozen=True, slots=True)
class Planned:
    line: Line
    key: str
    outcome: LineOutcome
    transaction_id: uuid.UUID | None = None


def plan(account_id: uuid.UUID, lines: Sequence[Line]) -> list[Planned]:
    """What applying these lines would do, in their order."""
    named = list(zip(lines, keys(lines), strict=True))
    known = _known(account_id, [key for _, key in named])
    fresh = [line for line, key in named if key not in known]
    told = _told(account_id, fresh)
    planned: list[Planned] = []
    for line, key in named:
        if key in known:
            planned.append(Planned(line, key, LineOutcome.KNOWN, known[key]))
        elif line.row in told:
            planned.append(Planned(line, key, LineOutcome.MATCHED, told[line.row]))
        else:
            planned.append(Planned(line, key, LineOutcome.NEW))
    return planned


def _known(account_id: uuid.UUID, wanted: Sequence[str]) -> dict[str, uuid.UUID | None]:
    """Keys that are in the ledger already, and their transactions."""
    lines = StatementLine.objects.filter(account_id=account_id, is_live=True)
    found: dict[str, uuid.UUID | None] = {}
    if not lines.exists():
        return found
    for at in range(0, len(wanted), AT_ONCE):
        rows = lines.filter(key__in=wanted[at : at + AT_ONCE])
        found |= dict(rows.values_list("key", "transaction_id"))
    return found


def _told(account_id: uuid.UUID, lines: Sequence[Line]) -> dict[int, uuid.UUID]:
    """Row → the transaction that another source has told of. Each serves for one line: of equal
    amounts the nearest days go together, so that two purchases stay two."""
    if not lines:
        return {}
    days = [line.booked_on for line in lines]
    rows = (
        Transaction.objects.filter(
            account=account_id, booked_on__range=(min(days) - NEAR, max(days) + NEAR)
        )
        .exclude(state=TransactionState.VOID)
        .exclude(source_kind=SOURCE_KIND)
        .exclude(pk__in=StatementLine.objects.filter(
            is_live=True, account_id=account_id, transaction__isnull=False
        ).values("transaction_id"))
        .filter(merged_into=None)
        .order_by("booked_on", "id")
    )  # fmt: skip
    by_amount: dict[int, list[tuple[date, uuid.UUID]]] = defaultdict(list)
    for pk, amount, booked_on in rows.values_list("pk", "amount_minor", "booked_on"):
        by_amount[amount].append((booked_on, pk))
    lines_of: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.amount.minor in by_amount:
            lines_of[line.amount.minor].append(line)
    found: dict[int, uuid.UUID] = {}
    for amount, some in lines_of.items():
        found |= _nearest(some, by_amount[amount])
    return found


def _nearest(lines: Sequence[Line], rows: Sequence[tuple[date, uuid.UUID]]) -> dict[int, uuid.UUID]:
    pairs = sorted(
        (abs(line.booked_on - day), line.row, day, pk)
        for line in lines
        for day, pk in rows
        if abs(line.booked_on - day) <= NEAR
    )
    found: dict[int, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for _, row, _, pk in pairs:
        if row not in found and pk not in taken:
            found[row] = pk
            taken.add(pk)
    return found
