"""Which lines of a statement tell what a message has told already. Pure.

Only what is certain is joined. The rest is booked, and matching asks whether the two are one: that
a line was taken for another purchase of the same amount nobody would notice.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from finance.matching.scoring import Facts, Why, same_purchase
from finance.matching.searching import Report
from finance.statements.lines import Line

# A bank books on the day of a purchase or some days after; a day before only where a message is
# dated in another zone.
EARLIEST: Final = timedelta(days=-1)
LATEST: Final = timedelta(days=5)
SOURCE_KIND: Final = "statement"
NAMES: Final = (Why.MERCHANT_ALIKE, Why.MERCHANT_PARTLY, Why.MERCHANT_DIFFERS)


@dataclass(frozen=True, slots=True)
class _Pair:
    line: Line
    report: Report
    points: int
    names: Why | None

    @property
    def order(self) -> tuple[object, ...]:
        """The best first; of equal ones the nearest days, and what is booked before a proposal."""
        facts = self.report.facts
        days = abs(self.line.booked_on - facts.booked_on)
        return -self.points, days, not facts.is_posted, self.line.row, self.report.id


def join(account_id: uuid.UUID, lines: Sequence[Line], reports: Sequence[Report]
         ) -> dict[int, uuid.UUID]:  # fmt: skip
    """Row of a line → the transaction that it is. Each serves for one line.

    Names that agree decide. Where they agree only in part, or one of the two has none, nothing
    of another name may come into question, for the line or for the message. Where they differ,
    nothing is joined."""
    pairs = sorted(_pairs(account_id, lines, reports), key=lambda pair: pair.order)
    found = _joined(pair for pair in pairs if pair.names == Why.MERCHANT_ALIKE)
    taken = set(found.values())
    left = [p for p in pairs if p.line.row not in found and p.report.id not in taken]
    return found | _joined(_without_rivals(left))


def _joined(pairs: Iterable[_Pair]) -> dict[int, uuid.UUID]:
    found: dict[int, uuid.UUID] = {}
    taken: set[uuid.UUID] = set()
    for pair in pairs:
        if pair.line.row not in found and pair.report.id not in taken:
            found[pair.line.row] = pair.report.id
            taken.add(pair.report.id)
    return found


def _without_rivals(pairs: Sequence[_Pair]) -> Iterator[_Pair]:
    """Equal purchases of one name are no rivals: whichever goes with which, it comes to the
    same."""
    names_of_line: dict[int, set[str]] = defaultdict(set)
    names_of_report: dict[uuid.UUID, set[str]] = defaultdict(set)
    for pair in pairs:
        names_of_line[pair.line.row].add(pair.report.facts.merchant.casefold())
        names_of_report[pair.report.id].add(pair.line.payee.casefold())
    for pair in pairs:
        is_alone = len(names_of_line[pair.line.row]) == len(names_of_report[pair.report.id]) == 1
        if is_alone and pair.names != Why.MERCHANT_DIFFERS:
            yield pair


def _pairs(account_id: uuid.UUID, lines: Sequence[Line], reports: Sequence[Report]
           ) -> Iterator[_Pair]:  # fmt: skip
    by_amount: dict[int, list[Report]] = defaultdict(list)
    for report in reports:
        by_amount[report.facts.amount.minor].append(report)
    for line in lines:
        for report in by_amount.get(line.amount.minor, ()):
            if EARLIEST <= line.booked_on - report.facts.booked_on <= LATEST:
                score = same_purchase(_facts(account_id, line), report.facts)
                if score is not None:
                    codes = {reason.code for reason in score.reasons}
                    names = next((code for code in NAMES if code in codes), None)
                    yield _Pair(line, report, score.points, names)


def _facts(account_id: uuid.UUID, line: Line) -> Facts:
    """Banks name the other side here or there."""
    return Facts(
        source="",
        teller=SOURCE_KIND,
        account=account_id,
        amount=line.amount,
        booked_on=line.booked_on,
        merchant=line.payee,
        merchant_raw=line.description,
        is_posted=True,
        is_stated=True,
    )
