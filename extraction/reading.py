"""What reading a message gives: events, fields with their evidence, and a verdict. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, NamedTuple, TypeVar

from finance.money import Money

T = TypeVar("T")


class Direction(StrEnum):
    """Which way the money went, seen from the account's owner."""

    DEBIT = "debit"
    CREDIT = "credit"
    TRANSFER = "transfer"


class Event(StrEnum):
    """What a message reports. Those with a direction may be booked, the others never are."""

    PURCHASE = "purchase"
    HOLD = "hold"
    WITHDRAWAL = "withdrawal"
    DEPOSIT = "deposit"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    CARD_PAYMENT = "card_payment"
    REFUND = "refund"
    FEE = "fee"
    INTEREST = "interest"
    SALARY = "salary"
    DECLINED = "declined"
    SCHEDULED = "scheduled"
    DUE = "due"
    STATEMENT = "statement"
    BALANCE = "balance"
    NOTICE = "notice"
    ONE_TIME_CODE = "one_time_code"
    ORDER = "order"
    PROMOTION = "promotion"
    OTHER = "other"

    @property
    def books(self) -> bool:
        return self in _DIRECTIONS

    @property
    def direction(self) -> Direction | None:
        return _DIRECTIONS.get(self)


_DIRECTIONS = {
    Event.PURCHASE: Direction.DEBIT,
    Event.HOLD: Direction.DEBIT,
    Event.WITHDRAWAL: Direction.DEBIT,
    Event.DEPOSIT: Direction.CREDIT,
    Event.TRANSFER_OUT: Direction.DEBIT,
    Event.TRANSFER_IN: Direction.CREDIT,
    Event.CARD_PAYMENT: Direction.TRANSFER,
    Event.REFUND: Direction.CREDIT,
    Event.FEE: Direction.DEBIT,
    Event.INTEREST: Direction.CREDIT,
    Event.SALARY: Direction.CREDIT,
}


class Reason(StrEnum):
    """Why a person should look. Each lowers the confidence or stops automatic booking."""

    TWO_AMOUNTS = "two_amounts"
    NO_AMOUNT = "no_amount"
    NO_ACCOUNT = "no_account"
    NO_CURRENCY = "no_currency"
    AMBIGUOUS_CURRENCY = "ambiguous_currency"
    AMBIGUOUS_DATE = "ambiguous_date"
    WEAK_EVENT = "weak_event"
    MIXED_EVENTS = "mixed_events"
    DIRECTION_UNCLEAR = "direction_unclear"
    PROMOTIONAL_WORDS = "promotional_words"
    SEVERAL_EVENTS = "several_events"
    UNLABELLED_AMOUNT = "unlabelled_amount"
    FORWARDED = "forwarded"
    NOT_GROUNDED = "not_grounded"
    SHOWN_OTHERWISE = "shown_otherwise"
    SENDER_IMITATES = "sender_imitates"


# Any of these keeps a candidate out of the ledger until a person has looked.
BLOCKING = frozenset(
    {
        Reason.TWO_AMOUNTS,
        Reason.NO_AMOUNT,
        Reason.NO_CURRENCY,
        Reason.WEAK_EVENT,
        Reason.MIXED_EVENTS,
        Reason.DIRECTION_UNCLEAR,
        Reason.PROMOTIONAL_WORDS,
        Reason.UNLABELLED_AMOUNT,
        Reason.FORWARDED,
        Reason.NOT_GROUNDED,
        Reason.SHOWN_OTHERWISE,
        Reason.SENDER_IMITATES,
    }
)


class Verdict(StrEnum):
    """Whether the message as a whole reports a movement of money."""

    TRANSACTION = "transaction"
    NOT_FINANCIAL = "not_financial"
    NOT_BOOKED = "not_booked"
    UNSURE = "unsure"


class Evidence(NamedTuple):
    """A verbatim quote and where it stands: `Document.text[start:end] == quote`."""

    quote: str
    start: int
    end: int


class Field(NamedTuple, Generic[T]):
    """A value, where it was read, and whether it was inferred rather than read."""

    value: T
    evidence: Evidence | None = None
    inferred: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """One event read from a message. Amounts are positive; `direction` says which way."""

    event: Event
    direction: Direction | None = None
    amount: Field[Money] | None = None
    original_amount: Field[Money] | None = None
    occurred_on: Field[date] | None = None
    occurred_at: Field[datetime] | None = None
    merchant_raw: Field[str] | None = None
    merchant: Field[str] | None = None
    counterparty: Field[str] | None = None
    account_hint: Field[str] | None = None
    balance: Field[Money] | None = None
    available_limit: Field[Money] | None = None
    fee: Field[Money] | None = None
    tax: Field[Money] | None = None
    tip: Field[Money] | None = None
    reference: Field[str] | None = None
    due_date: Field[date] | None = None
    order_number: Field[str] | None = None
    exchange_rate: Field[Decimal] | None = None
    event_evidence: Evidence | None = None
    route: str = "grammar"
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()

    def marked(self, reason: Reason) -> Candidate:
        """The same candidate with one more reason for review."""
        return self if reason in self.reasons else replace(self, reasons=(*self.reasons, reason))

    def fields(self) -> dict[str, Field[Any]]:
        """The fields that were filled, by name."""
        return {
            name: value for name in FIELD_NAMES if isinstance(value := getattr(self, name), Field)
        }


FIELD_NAMES = [
    "amount", "original_amount", "occurred_on", "occurred_at", "merchant_raw", "merchant",
    "counterparty", "account_hint", "balance", "available_limit", "fee", "tax", "tip",
    "reference", "due_date", "order_number", "exchange_rate",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of reading one message: a verdict, the leading event and its candidates."""

    verdict: Verdict
    event: Event
    candidates: tuple[Candidate, ...] = ()
    reasons: tuple[Reason, ...] = ()
    route: str = "grammar"


# What a candidate's confidence, and its sender's measured precision, must reach to book itself.
THRESHOLD = 0.9


def would_book(candidate: Candidate, threshold: float = THRESHOLD) -> bool:
    """Whether this candidate would book itself if its sender were trusted."""
    return (
        candidate.event.books
        and candidate.direction is not None
        and candidate.amount is not None
        and candidate.confidence >= threshold
        and not BLOCKING.intersection(candidate.reasons)
    )


# Nothing has moved yet, but what is asked, and by when, is worth knowing.
BILLED = frozenset({Event.DUE, Event.STATEMENT})


def tells_of_bill(candidate: Candidate) -> bool:
    """A statement without a day to pay by only says that it is there."""
    if candidate.event not in BILLED or candidate.direction == Direction.CREDIT:
        return False
    return candidate.event == Event.DUE or candidate.due_date is not None
