"""Which lines of a statement are new, imported before, or told by a message already."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from finance.matching import searching
from finance.models import LineOutcome, StatementLine, Transaction, TransactionState
from finance.statements.joining import EARLIEST, LATEST, SOURCE_KIND, join
from finance.statements.lines import Line, keys

AT_ONCE = 5_000


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
    """Row → the transaction that another source has certainly told of."""
    if not lines:
        return {}
    amounts = {line.amount.minor for line in lines}
    days = [line.booked_on for line in lines]
    rows = (
        Transaction.objects.filter(
            account=account_id, booked_on__range=(min(days) - LATEST, max(days) - EARLIEST)
        )
        .exclude(state=TransactionState.VOID)
        .exclude(source_kind=SOURCE_KIND)
        .exclude(pk__in=StatementLine.objects.filter(
            is_live=True, account_id=account_id, transaction__isnull=False
        ).values("transaction_id"))
        .order_by("booked_on", "id")
    )  # fmt: skip
    ids = [pk for pk, minor in rows.values_list("pk", "amount_minor") if minor in amounts]
    return join(account_id, lines, searching.reports(ids))
