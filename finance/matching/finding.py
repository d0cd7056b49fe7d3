"""Finding what new transactions and questions belong to: pairs are kept with score and reasons,
and those that are certain and without a rival are carried out."""

from __future__ import annotations

import uuid
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Q

from finance.ledger.writing import insert, writing
from finance.matching import legs, searching
from finance.matching.deciding import accept_many
from finance.matching.pairing import REFUND_WINDOW, TRANSFER_EVENTS, refund
from finance.matching.scoring import LIKELY, LONGEST_APART, Score, same_purchase
from finance.matching.searching import AT_ONCE, Report
from finance.models import Match, MatchKind, MatchState, Transaction, TransactionState
from finance.money import Money
from jobs.clock import database_now
from tenancy.ids import new_id
from tenancy.scope import current_scope, entered

Key = tuple[str, uuid.UUID]
# A pair is no rival of one that is better by so much.
CLEARLY: Final = 25
# So many pairs at most are kept of one report.
MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Pair:
    kind: MatchKind
    first: Report
    second: Report
    score: Score

    @property
    def ids(self) -> frozenset[uuid.UUID]:
        return frozenset((self.first.id, self.second.id))


@dataclass(frozen=True, slots=True)
class Found:
    """How many pairs are new, and how many of those were certain and carried out."""

    pairs: int
    carried_out: int


def find_matches(ids: Collection[uuid.UUID], item_ids: Collection[uuid.UUID] = ()) -> Found:
    """Look for what these transactions and questions belong to. Safe to repeat: a pair that was
    found before, whatever was decided of it, is not proposed again."""
    listed, pairs, done = list(ids), 0, 0
    for at in range(0, max(len(listed), 1), AT_ONCE):
        some = listed[at : at + AT_ONCE]
        if some or item_ids:
            with writing():
                kept, certain = _keep(_pairs_of(some, item_ids if at == 0 else ()))
                pairs, done = pairs + len(kept), done + _carry_out(certain)
    return Found(pairs, done)


def match_new(since: datetime | None) -> int:
    """`find_matches` for what was booked since; returns how many pairs are new. On the first look
    it is what came in the last days."""
    rows = Transaction.objects.exclude(state=TransactionState.VOID)
    start = since or database_now() - LONGEST_APART
    rows = rows.filter(created_at__gte=start).order_by("pk")
    return find_matches(list(rows.values_list("pk", flat=True))).pairs


def _pairs_of(ids: Collection[uuid.UUID], item_ids: Collection[uuid.UUID]) -> list[Pair]:
    new = [*searching.named(searching.reports(ids)), *searching.questions(item_ids)]
    booked = [report for report in new if not report.is_item]
    free = [report for report in booked if report.facts.is_posted and not report.is_leg]
    found = [*_purchases(new, booked), *_transfers(free), *_refunds(free)]
    return [pair for pair in found if pair.score.points >= LIKELY]


class Shelf:
    """Reports by amount and day."""

    def __init__(self, reports: Iterable[Report]) -> None:
        self._by_amount: dict[int, list[Report]] = defaultdict(list)
        for report in {report.id: report for report in reports}.values():
            for minor in {money.minor for money in _moneys(report)}:
                self._by_amount[minor].append(report)
        for some in self._by_amount.values():
            some.sort(key=lambda report: report.facts.booked_on)

    def near(self, minor: int, day: date, before: timedelta, after: timedelta) -> Iterator[Report]:
        some = self._by_amount.get(minor, [])
        at = bisect_left(some, day - before, key=lambda report: report.facts.booked_on)
        while at < len(some) and some[at].facts.booked_on <= day + after:
            yield some[at]
            at += 1


def _moneys(report: Report) -> list[Money]:
    return [m for m in (report.facts.amount, report.facts.original) if m is not None]


def _purchases(new: Sequence[Report], booked: Sequence[Report]) -> Iterator[Pair]:
    known = searching.near([report.facts for report in new])
    if booked:
        known += searching.questions()
    everything = {report.id: report for report in [*known, *new]}.values()
    shelf = Shelf(everything)
    held = [report for report in everything if report.facts.is_hold]
    posted = [report for report in everything if not report.is_item and not report.facts.is_hold]
    for report in new:
        of_amount = [
            other
            for minor in {sign * m.minor for m in _moneys(report) for sign in (1, -1)}
            for other in shelf.near(minor, report.facts.booked_on, LONGEST_APART, LONGEST_APART)
        ]
        others = held if not report.facts.is_hold else _of_account(posted, report)
        for other in {other.id: other for other in [*of_amount, *others]}.values():
            if other.id != report.id and not (report.is_item and other.is_item):
                score = same_purchase(report.facts, other.facts)
                if score is not None:
                    first, second = sorted((report, other), key=_stays)
                    yield Pair(MatchKind.SAME, first, second, score)


def _of_account(posted: Sequence[Report], hold: Report) -> list[Report]:
    return [report for report in posted if report.facts.account == hold.facts.account]


def _stays(report: Report) -> tuple[bool, ...] | tuple[object, ...]:
    """The first in this order stays when two are merged: what is posted, and what a bank's
    statement has a line of."""
    facts = report.facts
    return report.is_item, not facts.is_posted, facts.is_hold, not facts.is_stated, report.id


def _transfers(free: Sequence[Report]) -> Iterator[Pair]:
    """Of new transactions with the other leg, also in another currency."""
    known = searching.near([report.facts for report in free], opposite=True, days=legs.DAYS)
    everything = {report.id: report for report in [*known, *free] if _is_free(report)}
    shelf = Shelf(everything.values())
    drawn: list[tuple[Report, Report]] = []
    for report in free:
        facts = report.facts
        for other in shelf.near(-facts.amount.minor, facts.booked_on, legs.DAYS, legs.DAYS):
            if other.facts.amount == -facts.amount and other.facts.account != facts.account:
                drawn.append((report, other))
    drawn += [(a, b) for a, b in legs.across_currencies(free) if _is_free(b)]
    for outflow, inflow, score in legs.scored(drawn):
        yield Pair(MatchKind.TRANSFER, outflow, inflow, score)


def _refunds(free: Sequence[Report]) -> Iterator[Pair]:
    free = [report for report in free if report.facts.event not in TRANSFER_EVENTS]
    known = searching.near([r.facts for r in free], opposite=True, days=REFUND_WINDOW)
    told = [r.facts for r in free if r.facts.event == "refund"]
    known += searching.purchases_at(told, REFUND_WINDOW)
    everything = {report.id: report for report in [*known, *free] if _is_free(report)}
    shelf = Shelf(everything.values())
    by_merchant: dict[str, list[Report]] = defaultdict(list)
    for report in everything.values():
        if report.facts.amount.minor < 0:
            by_merchant[report.facts.merchant].append(report)
    for report in free:
        facts, is_credit = report.facts, report.facts.amount.minor > 0
        others = list(
            shelf.near(-facts.amount.minor, facts.booked_on, REFUND_WINDOW, REFUND_WINDOW)
        )
        if is_credit and facts.event == "refund":
            others += by_merchant.get(facts.merchant, [])
        for other in {other.id: other for other in others}.values():
            purchase, credit = (other, report) if is_credit else (report, other)
            if purchase.facts.amount.minor < 0 < credit.facts.amount.minor:
                score = refund(purchase.facts, credit.facts)
                if score is not None:
                    yield Pair(MatchKind.REFUND, purchase, credit, score)


def _is_free(report: Report) -> bool:
    return report.facts.is_posted and not report.is_leg


def _keep(pairs: Sequence[Pair]) -> tuple[list[Match], list[Match]]:
    """Keep the pairs that are new; those of them that are certain come as the second list."""
    known = list(_known(pairs))
    fresh = _fresh(pairs, known)
    waiting = [match for match in known if match.state == MatchState.OPEN]
    ranks = _ranks(fresh, waiting)
    certain: list[Pair] = []
    others: list[Pair] = []
    for pair in fresh:
        (certain if pair.score.is_certain and _is_alone(pair, ranks) else others).append(pair)
    # What is carried out takes no question's place: a second look finds no further ones.
    ranks = _ranks(others, waiting)
    asked = [pair for pair in others if all(
        place.index(pair.score.points) < MOST for place in _places(pair, ranks))]  # fmt: skip
    done, open_ = [_row(pair) for pair in certain], [_row(pair) for pair in asked]
    rows = sorted([*done, *open_], key=lambda row: -row.score)
    insert(rows, "ask", [{"score": row.score, "reasons": row.reasons} for row in rows])
    return rows, done


def _fresh(pairs: Sequence[Pair], known: Sequence[Match]) -> list[Pair]:
    """Pairs that nobody has been asked about, the best first; of refunds those that pay back what
    no other has."""
    decided = {(match.kind, _ids_of(match)) for match in known}
    fresh = {(p.kind, p.ids): p for p in pairs if (p.kind, p.ids) not in decided}
    paid = [match for match in known
            if match.kind == MatchKind.REFUND and match.state == MatchState.ACCEPTED]  # fmt: skip
    settled, paid_back = {match.second_id for match in paid}, _paid_back(paid)
    found = [
        pair for pair in fresh.values()
        if pair.kind != MatchKind.REFUND or (
            pair.second.id not in settled and pair.second.facts.amount.minor
            <= -pair.first.facts.amount.minor - paid_back[pair.first.id]
        )
    ]  # fmt: skip
    return sorted(found, key=lambda p: (-p.score.points, *sorted(map(str, p.ids))))


def _paid_back(refunds: Sequence[Match]) -> Counter[uuid.UUID]:
    """Purchase → minor units of it that have come back."""
    ids = [match.second_id for match in refunds]
    rows = Transaction.objects.filter(pk__in=ids).exclude(state=TransactionState.VOID)
    amounts = dict(rows.values_list("pk", "amount_minor")) if ids else {}
    found: Counter[uuid.UUID] = Counter()
    for match in refunds:
        found[match.first_id] += amounts.get(match.second_id, 0)
    return found


def _is_alone(pair: Pair, ranks: Mapping[Key, list[int]]) -> bool:
    places = _places(pair, ranks)
    return all(len(place) == 1 or place[1] <= pair.score.points - CLEARLY for place in places)


def _places(pair: Pair, ranks: Mapping[Key, list[int]]) -> list[list[int]]:
    return [ranks[(pair.kind, pk)] for pk in pair.ids]


def _ranks(fresh: Iterable[Pair], waiting: Iterable[Match]) -> dict[Key, list[int]]:
    """The points of all pairs that one report is in, the best first."""
    points: dict[Key, list[int]] = defaultdict(list)
    for pair in fresh:
        for pk in pair.ids:
            points[(pair.kind, pk)].append(pair.score.points)
    for match in waiting:
        for pk in _ids_of(match):
            points[(match.kind, pk)].append(match.score)
    return {key: sorted(some, reverse=True) for key, some in points.items()}


def _known(pairs: Sequence[Pair]) -> Iterator[Match]:
    ids = sorted({pk for pair in pairs for pk in pair.ids})
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        yield from Match.objects.filter(Q(first__in=some) | Q(second__in=some) | Q(item__in=some))


def _ids_of(match: Match) -> frozenset[uuid.UUID]:
    return frozenset(pk for pk in (match.first_id, match.second_id, match.item_id) if pk)


def _row(pair: Pair) -> Match:
    is_item = pair.second.is_item
    return Match(
        id=new_id(),
        kind=pair.kind,
        first_id=pair.first.id,
        second_id=None if is_item else pair.second.id,
        item_id=pair.second.id if is_item else None,
        score=pair.score.points,
        reasons=[
            {"code": str(reason.code)} | ({} if reason.value is None else {"value": reason.value})
            for reason in pair.score.reasons
        ],
    )


def _carry_out(certain: Sequence[Match]) -> int:
    """What the ledger refuses stays to be asked."""
    if not certain:
        return 0
    scope = current_scope()
    machine = replace(scope.actor, kind="system", label="matching")
    with entered(replace(scope, actor=machine)):
        return accept_many(certain)
