"""Whether an outflow and an inflow are one transfer, or a purchase and its refund. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from finance.bills.names import words_of
from finance.matching.scoring import (
    Facts,
    Part,
    Reason,
    Score,
    Why,
    has_same_reference,
    names_alike,
    total,
)

TRANSFER_EVENTS: Final = frozenset({"transfer_out", "transfer_in", "card_payment", "withdrawal"})
# What comes or goes for a reason of its own.
NO_TRANSFER: Final = frozenset({"refund", "salary", "interest", "fee", "hold"})
TRANSFER_DAYS: Final = timedelta(days=5)
UNTOLD_DAYS: Final = 2
TRANSFER_DAY_POINTS: Final = (20, 18, 15, 10, 5, 5)
# Tenths of a percent: what a bank keeps of an exchange, and the most that it may.
CLOSE_RATE, LARGEST_SPREAD = 10, 30
REFUND_WINDOW: Final = timedelta(days=120)
SOON_DAYS: Final = 30


@dataclass(frozen=True, slots=True)
class Purse:
    """An own account, as messages of another may name it."""

    names: tuple[str, ...]
    last_digits: str
    is_card: bool


def two_legs(
    outflow: Facts, inflow: Facts, purses: tuple[Purse, Purse], off: int | None = None
) -> Score | None:
    """Of posted transactions on two accounts, `purses` in the same order. `off` says by how many
    tenths of a percent the inflow differs from what the outflow was worth, where their currencies
    do; None where no rate is known."""
    if outflow.account == inflow.account or {outflow.event, inflow.event} & NO_TRANSFER:
        return None
    amount = _leg_amounts(outflow, inflow, off)
    days = abs((outflow.booked_on - inflow.booked_on).days)
    if amount is None or days > TRANSFER_DAYS.days:
        return None
    told = [*_told_as(outflow, inflow, purses[1]), *_named(outflow, inflow, purses)]
    if not told and (days > UNTOLD_DAYS or off is not None):
        return None
    return total([amount, (TRANSFER_DAY_POINTS[days], (Reason(Why.DAYS_APART, days),)), *told])


def refund(purchase: Facts, credit: Facts) -> Score | None:
    """Whether `credit` pays `purchase` back, all or in part."""
    if purchase.amount.currency != credit.amount.currency or credit.event in TRANSFER_EVENTS:
        return None
    spent, back = -purchase.amount.minor, credit.amount.minor
    days = (credit.booked_on - purchase.booked_on).days
    if not 0 < back <= spent or not -1 <= days <= REFUND_WINDOW.days:
        return None
    alike, referred = names_alike(purchase, credit), has_same_reference(purchase, credit)
    if Why.MERCHANT_ALIKE not in {reason.code for reason in alike[1]} and not referred:
        return None
    is_told = credit.event == "refund"
    if back < spent and not is_told:
        return None
    whole: Part = (40, (Reason(Why.SAME_AMOUNT),))
    share: Part = (15, (Reason(Why.PART_OF_AMOUNT, back * 1000 // spent),))
    parts: list[Part] = [whole if back == spent else share, (max(alike[0], 0) + 5, alike[1])]
    parts.append((10 if days <= SOON_DAYS else 5, (Reason(Why.DAYS_APART, abs(days)),)))
    if referred:
        parts.append((25, (Reason(Why.SAME_REFERENCE),)))
    if is_told:
        parts.append((15, (Reason(Why.IS_REFUND),)))
    if purchase.account == credit.account:
        parts.append((10, (Reason(Why.SAME_ACCOUNT),)))
    return total(parts)


def _leg_amounts(outflow: Facts, inflow: Facts, off: int | None) -> Part | None:
    if outflow.amount.currency == inflow.amount.currency:
        same = outflow.amount == -inflow.amount
        return (50, (Reason(Why.SAME_AMOUNT),)) if same else None
    if off is None or off > LARGEST_SPREAD:
        return None
    return 45 if off <= CLOSE_RATE else 35, (Reason(Why.RATE_WITHIN, off),)


def _told_as(outflow: Facts, inflow: Facts, target: Purse) -> list[Part]:
    told = [each.event for each in (outflow, inflow) if each.event in TRANSFER_EVENTS]
    if target.is_card and "card_payment" in told:
        return [(30, (Reason(Why.CARD_BILL),))]
    if len(told) == 2:
        return [(25, (Reason(Why.BOTH_TRANSFERS),))]
    return [(15, (Reason(Why.ONE_TRANSFER),))] if told else []


def _named(outflow: Facts, inflow: Facts, purses: tuple[Purse, Purse]) -> list[Part]:
    names = _names(outflow, purses[1]) or _names(inflow, purses[0])
    return [(20, (Reason(Why.NAMES_ACCOUNT),))] if names else []


def _names(leg: Facts, other: Purse) -> bool:
    """Whether what is said of one leg names the other's account."""
    text = " ".join((leg.merchant, leg.merchant_raw, leg.reference))
    if len(other.last_digits) >= 4 and other.last_digits in text:
        return True
    said = words_of(text) if text.strip() else frozenset[str]()
    return any(_telling(name) <= said for name in other.names if _telling(name))


def _telling(name: str) -> frozenset[str]:
    return words_of(name) if name.strip() else frozenset()
