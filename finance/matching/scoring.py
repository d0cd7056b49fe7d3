"""Whether two reports belong together, how certainly, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from finance.bills.names import same_name, words_of
from finance.money import Money

# From here on a person is asked; from there on a pair that is the only one is carried out.
LIKELY: Final = 50
CERTAIN: Final = 90

SAME_MOMENT: Final = timedelta(minutes=2)
# So many days may lie between the messages of two senders, a bank's statement, a hold's posting,
# and a shop's receipt that is no transaction yet.
DAYS_APART: Final = 3
STATED_DAYS: Final = 5
HOLD_DAYS: Final = 10
LONGEST_APART: Final = timedelta(days=HOLD_DAYS)
DAY_POINTS: Final = (15, 12, 10, 8, 5, 5)
LATER_POINTS: Final = 3
LARGEST_TIP_PERCENT: Final = 30
SHORTEST_REFERENCE: Final = 4


class Why(StrEnum):
    """Stable codes; their words are in `matching.words`."""

    SAME_AMOUNT = "same_amount"
    SAME_ORIGINAL = "same_original"
    TIP_ADDED = "tip_added"
    PREAUTHORISED = "preauthorised"
    PART_OF_AMOUNT = "part_of_amount"
    SAME_ACCOUNT = "same_account"
    ACCOUNT_UNKNOWN = "account_unknown"
    DAYS_APART = "days_apart"
    MERCHANT_ALIKE = "merchant_alike"
    MERCHANT_PARTLY = "merchant_partly"
    MERCHANT_DIFFERS = "merchant_differs"
    SAME_REFERENCE = "same_reference"
    SAME_TIME = "same_time"
    HOLD_POSTED = "hold_posted"
    SAME_SENDER = "same_sender"
    BOTH_TRANSFERS = "both_transfers"
    ONE_TRANSFER = "one_transfer"
    NAMES_ACCOUNT = "names_account"
    CARD_BILL = "card_bill"
    RATE_WITHIN = "rate_within"
    IS_REFUND = "is_refund"


@dataclass(frozen=True, slots=True)
class Reason:
    """`value` is days, or percent in tenths; None where the code says all."""

    code: Why
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """0 to 100. `may_act` says that nothing forbids to carry it out without asking."""

    points: int
    reasons: tuple[Reason, ...]
    may_act: bool = True

    @property
    def is_certain(self) -> bool:
        return self.may_act and self.points >= CERTAIN


@dataclass(frozen=True, slots=True)
class Facts:
    """What one report tells, as far as it can be compared. `source` names the message, `teller`
    who wrote it (a sender's address, "statement", "api"; empty for a person). The account is
    None in a question about a message that names none."""

    source: str
    teller: str
    account: object | None
    amount: Money
    booked_on: date
    occurred_at: datetime | None = None
    merchant: str = ""
    merchant_raw: str = ""
    reference: str = ""
    event: str = ""
    original: Money | None = None
    is_posted: bool = False
    is_stated: bool = False
    is_doubted: bool = False

    @property
    def is_message(self) -> bool:
        return "@" in self.teller

    @property
    def is_hold(self) -> bool:
        return self.event == "hold"


Part = tuple[int, tuple[Reason, ...]]


def same_purchase(one: Facts, other: Facts) -> Score | None:
    """Whether two reports may tell of one movement; None where they do not."""
    amount = _amounts(one, other)
    if amount is None or not _may_be_one(one, other):
        return None
    parts = [amount, _accounts(one, other), _days(one, other), names_alike(one, other)]
    parts += [_reference(one, other), _moment(one, other), _hold(one, other)]
    exact = amount[1][0].code in (Why.SAME_AMOUNT, Why.SAME_ORIGINAL)
    again = one.teller == other.teller and not _is_hold_and_posting(one, other)
    if again:
        parts.append((0, (Reason(Why.SAME_SENDER),)))
    found = total(parts)
    if not exact and Why.MERCHANT_ALIKE not in {reason.code for reason in found.reasons}:
        return None
    doubted = any(each.is_doubted for each in (one, other))
    may_act = exact and not doubted and (not again or has_same_reference(one, other))
    return Score(found.points, found.reasons, may_act)


def total(parts: Iterable[Part]) -> Score:
    listed = list(parts)
    points = sum(points for points, _ in listed)
    reasons = tuple(reason for _, some in listed for reason in some)
    return Score(max(0, min(points, 100)), reasons)


def _may_be_one(one: Facts, other: Facts) -> bool:
    """Two reports of one teller are two movements unless day, merchant and all else agree."""
    if one.source and one.source == other.source:
        return False
    if None not in (one.account, other.account) and one.account != other.account:
        return False
    if one.is_stated and other.is_stated:
        return False
    days = abs((one.booked_on - other.booked_on).days)
    if _is_hold_and_posting(one, other):
        return days <= HOLD_DAYS
    if one.teller != other.teller:
        return days <= _days_allowed(one, other)
    if not one.is_message or days or one.is_hold != other.is_hold:
        return False
    if one.merchant and other.merchant and one.merchant.casefold() != other.merchant.casefold():
        return False
    if one.reference and other.reference and one.reference != other.reference:
        return False
    if one.occurred_at and other.occurred_at:
        return abs(one.occurred_at - other.occurred_at) <= SAME_MOMENT
    return True


def _days_allowed(one: Facts, other: Facts) -> int:
    if None in (one.account, other.account):
        return HOLD_DAYS if names_alike(one, other)[0] > 0 else DAYS_APART
    return STATED_DAYS if one.is_stated or other.is_stated else DAYS_APART


def _is_hold_and_posting(one: Facts, other: Facts) -> bool:
    return one.is_hold != other.is_hold


def _amounts(one: Facts, other: Facts) -> Part | None:
    if (one.amount.minor < 0) != (other.amount.minor < 0):
        return None
    if one.amount == other.amount:
        return 40, (Reason(Why.SAME_AMOUNT),)
    originals = {abs(m) for m in (one.original, one.amount) if m is not None}
    theirs = {abs(m) for m in (other.original, other.amount) if m is not None}
    if originals & theirs:
        return 40, (Reason(Why.SAME_ORIGINAL),)
    if _is_hold_and_posting(one, other) and one.amount.currency == other.amount.currency:
        hold, final = (one, other) if one.is_hold else (other, one)
        return _held(abs(hold.amount.minor), abs(final.amount.minor))
    return None


def _held(hold: int, final: int) -> Part | None:
    """A tip is added to what was held; a pump or a hotel holds more, or next to nothing."""
    percent = (final - hold) * 1000 // hold
    if 0 < percent <= LARGEST_TIP_PERCENT * 10:
        return 25, (Reason(Why.TIP_ADDED, percent),)
    if hold > final or hold <= 100:
        return 15, (Reason(Why.PREAUTHORISED),)
    return None


def _accounts(one: Facts, other: Facts) -> Part:
    if None in (one.account, other.account):
        return 5, (Reason(Why.ACCOUNT_UNKNOWN),)
    return 20, (Reason(Why.SAME_ACCOUNT),)


def _days(one: Facts, other: Facts) -> Part:
    days = abs((one.booked_on - other.booked_on).days)
    points = DAY_POINTS[days] if days < len(DAY_POINTS) else LATER_POINTS
    return points, (Reason(Why.DAYS_APART, days),)


def names_alike(one: Facts, other: Facts) -> Part:
    mine = [name for name in (one.merchant, one.merchant_raw) if name]
    theirs = [name for name in (other.merchant, other.merchant_raw) if name]
    if not mine or not theirs:
        return 5, ()
    if any(same_name(a, b) for a in mine for b in theirs):
        return 20, (Reason(Why.MERCHANT_ALIKE),)
    if any(words_of(a) & words_of(b) for a in mine for b in theirs):
        return 8, (Reason(Why.MERCHANT_PARTLY),)
    return -15, (Reason(Why.MERCHANT_DIFFERS),)


def has_same_reference(one: Facts, other: Facts) -> bool:
    mine, theirs = one.reference.strip().casefold(), other.reference.strip().casefold()
    return len(mine) >= SHORTEST_REFERENCE and mine == theirs


def _reference(one: Facts, other: Facts) -> Part:
    return (25, (Reason(Why.SAME_REFERENCE),)) if has_same_reference(one, other) else (0, ())


def _moment(one: Facts, other: Facts) -> Part:
    if not one.occurred_at or not other.occurred_at:
        return 0, ()
    is_same = abs(one.occurred_at - other.occurred_at) <= SAME_MOMENT
    return (10, (Reason(Why.SAME_TIME),)) if is_same else (0, ())


def _hold(one: Facts, other: Facts) -> Part:
    """What was held first is posted later."""
    if not _is_hold_and_posting(one, other):
        return 0, ()
    hold, final = (one, other) if one.is_hold else (other, one)
    return (10, (Reason(Why.HOLD_POSTED),)) if hold.booked_on <= final.booked_on else (0, ())
