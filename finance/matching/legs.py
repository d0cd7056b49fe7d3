"""The legs of transfers: drawn from what is posted, scored with accounts and rates."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from django.db.models import Q

from finance.exchange.rates import Rates, rates_to
from finance.matching.pairing import TRANSFER_DAYS, TRANSFER_EVENTS, Purse, two_legs
from finance.matching.scoring import Score
from finance.matching.searching import Report, where
from finance.models import AccountKind, FinancialAccount, TransactionState

DAYS: Final = TRANSFER_DAYS


def scored(drawn: Iterable[tuple[Report, Report]]) -> Iterator[tuple[Report, Report, Score]]:
    """Outflow, inflow and score of those that may be legs of one transfer; each pair once."""
    pairs: dict[tuple[uuid.UUID, uuid.UUID], tuple[Report, Report]] = {}
    for one, other in drawn:
        outflow, inflow = sorted((one, other), key=lambda leg: leg.facts.amount.minor)
        pairs[(outflow.id, inflow.id)] = outflow, inflow
    if not pairs:
        return
    purses, rates = _purses(), _rates(pairs.values())
    for outflow, inflow in pairs.values():
        of_both = purses.get(outflow.facts.account), purses.get(inflow.facts.account)
        if of_both[0] is None or of_both[1] is None:
            continue
        off = _off(outflow, inflow, rates)
        score = two_legs(outflow.facts, inflow.facts, (of_both[0], of_both[1]), off)
        if score is not None:
            may_act = not (outflow.is_sorted or inflow.is_sorted)
            yield outflow, inflow, Score(score.points, score.reasons, may_act)


def across_currencies(free: Sequence[Report]) -> Iterator[tuple[Report, Report]]:
    """New transactions beside posted ones of another currency, one of the two told as a transfer:
    two queries at most."""
    currencies = FinancialAccount.objects.order_by().values_list("currency", flat=True).distinct()
    if not free or len(list(currencies)) < 2:
        return
    told = [report for report in free if report.facts.event in TRANSFER_EVENTS]
    untold = [report for report in free if report.facts.event not in TRANSFER_EVENTS]
    yield from _beside(told, Q())
    yield from _beside(untold, Q(event__in=TRANSFER_EVENTS))


def _beside(new: Sequence[Report], wanted: Q) -> Iterator[tuple[Report, Report]]:
    if not new:
        return
    days = [report.facts.booked_on for report in new]
    window = Q(booked_on__range=(min(days) - DAYS, max(days) + DAYS))
    currencies = {report.facts.amount.currency for report in new}
    foreign = ~Q(currency__in=currencies) if len(currencies) == 1 else Q()
    others = where(window, foreign, wanted, Q(state=TransactionState.POSTED))
    by_day: dict[date, list[Report]] = defaultdict(list)
    for other in others:
        by_day[other.facts.booked_on].append(other)
    for report in new:
        facts = report.facts
        for off in range(-DAYS.days, DAYS.days + 1):
            for other in by_day.get(facts.booked_on + timedelta(days=off), ()):
                opposite = (other.facts.amount.minor < 0) != (facts.amount.minor < 0)
                if opposite and other.facts.amount.currency != facts.amount.currency:
                    yield report, other


def _purses() -> dict[object, Purse]:
    return {
        account.pk: Purse(
            (account.name, account.institution),
            account.last_digits,
            account.kind == AccountKind.CREDIT_CARD,
        )
        for account in FinancialAccount.objects.all()
    }


def _rates(pairs: Iterable[tuple[Report, Report]]) -> dict[str, Rates]:
    wanted: dict[str, set[tuple[str, date]]] = defaultdict(set)
    for outflow, inflow in pairs:
        home, foreign = inflow.facts.amount.currency, outflow.facts.amount.currency
        if home != foreign:
            wanted[home].add((foreign, outflow.facts.booked_on))
    return {home: rates_to(home, some) for home, some in wanted.items()}


def _off(outflow: Report, inflow: Report, rates: dict[str, Rates]) -> int | None:
    """Tenths of a percent between what the outflow was worth and what came in."""
    sent, got = outflow.facts.amount, inflow.facts.amount
    if sent.currency == got.currency:
        return None
    worth = rates[got.currency].convert(-sent, outflow.facts.booked_on)
    if worth is None or worth.minor == 0:
        return None
    return abs(worth.minor - got.minor) * 1000 // abs(worth.minor)
