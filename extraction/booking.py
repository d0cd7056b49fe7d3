"""What to do with what was read: book it, propose it, or ask.

Only a confident candidate of a source that the tenant has declared its own books itself, and only
where its account is known and nothing speaks against it. Everything else waits for a person; a
wrong booking costs them more than a question.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from extraction.account_kinds import guess_kinds
from extraction.calibration import measured
from extraction.extractors.announcements import Announced
from extraction.models import AttachmentText
from extraction.reading import (
    THRESHOLD,
    Candidate,
    Direction,
    Event,
    Field,
    Reading,
    Reason,
    would_book,
)
from extraction.records import candidate_record
from extraction.senders import (
    SOURCE_KIND,
    Author,
    imitated_institution,
    institution_of,
    is_issuer,
    known_senders,
)
from extraction.templates.template import ROUTE as TEMPLATE
from finance.accounts import (
    AccountHint,
    keep_accounts,
    new_account,
    open_accounts,
    resolve_account,
)
from finance.ledger import Movement, Source, draft_of
from finance.models import AccountKind, AccountOrigin, FinancialAccount
from finance.money import Money
from finance.suggestions import OWN_TRANSFER, Suggester, Suggestion
from mail_ingest.models import AccountKind as SourceKind
from mail_ingest.models import Email
from mail_ingest.storage import came_to_own_mailbox
from mail_ingest.trust import Trust
from tenancy.models import Tenant

# One message of so many that a template has read is asked about all the same.
ONE_IN = 20
TRANSFERS = (Event.TRANSFER_OUT, Event.TRANSFER_IN)


class Action(StrEnum):
    POST = "post"
    PROPOSE = "propose"
    ASK = "ask"


class Doubt(StrEnum):
    """Reasons for review that lie outside the message (those within are `reading.Reason`)."""

    SOURCE_NOT_OWN = "source_not_own"
    FAILING_SENDER = "failing_sender"
    UNVERIFIED_SENDER = "unverified_sender"
    NEW_SENDER = "new_sender"
    LOOKALIKE_SENDER = "lookalike_sender"
    OTHER_INSTITUTION = "other_institution"
    UNKNOWN_ACCOUNT = "unknown_account"
    CURRENCY_DIFFERS = "currency_differs"
    LOW_CONFIDENCE = "low_confidence"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    HOLD = "hold"
    DAMAGED_MESSAGE = "damaged_message"
    SPOT_CHECK = "spot_check"
    OFTEN_CORRECTED = "often_corrected"


@dataclass(frozen=True, slots=True)
class ReadEmail:
    """One message and what reading it gave: a reading with the document's text, or an error.
    `is_damaged` says that the message had to be repaired before it could be read;
    `forwarded_from` is the author of the message inside a forward."""

    email: Email
    reading: Reading | None = None
    text: str = ""
    is_damaged: bool = False
    attached: tuple[AttachmentText, ...] = ()
    error: str = ""
    announced: tuple[Announced, ...] = ()
    forwarded_from: Author | None = None

    @property
    def author(self) -> Author:
        return self.forwarded_from or Author(self.email.from_address, self.email.from_name)


@dataclass(frozen=True, slots=True)
class Plan:
    """One candidate's fate: a movement to post or to propose, or a draft to ask about."""

    action: Action
    source: Source
    reasons: tuple[str, ...]
    movement: Movement | None = None
    draft: Mapping[str, Any] | None = None
    told_at: datetime | None = None
    balance_after: Money | None = None


class Planner:
    """Plans for one batch of messages in the current tenant. Accounts are read once."""

    def __init__(self, batch: Sequence[ReadEmail], tenant: Tenant) -> None:
        self._tenant = tenant
        self._zone = zoneinfo.ZoneInfo(tenant.time_zone)
        self._accounts = open_accounts()
        self._opened: list[FinancialAccount] = []
        self._suggester = Suggester(
            merchant_of(candidate)
            for read in batch
            for candidate in (read.reading.candidates if read.reading else ())
        )
        self._known_senders = known_senders(
            read.email for read in batch if read.email.account.kind != SourceKind.UPLOAD
        )
        self._measured = measured(read.email.from_address for read in batch)
        self._kinds = guess_kinds(
            (candidate, read.text)
            for read in batch
            for candidate in (read.reading.candidates if read.reading else ())
        )

    def plan_all(self, batch: Sequence[ReadEmail]) -> dict[Any, list[Plan]]:
        """The plans of each message by its id. Opens the accounts that they need."""
        plans = {read.email.pk: self._plans(read) for read in batch}
        keep_accounts(self._opened)
        self._opened = []
        return plans

    def _plans(self, read: ReadEmail) -> list[Plan]:
        """A plan for each candidate that may be booked at all."""
        candidates = read.reading.candidates if read.reading else ()
        return [
            self._plan(read, Source(SOURCE_KIND, str(read.email.pk), item), candidate)
            for item, candidate in enumerate(candidates)
            if candidate.event.books
        ]

    def _plan(self, read: ReadEmail, source: Source, candidate: Candidate) -> Plan:
        email, doubts = read.email, self._doubts(read, candidate)
        institution = institution_of(read.author)
        amount = candidate.amount.value if candidate.amount else None
        account = None
        if amount is not None:
            account = self._account(read.author, candidate, amount.currency, may_open=not doubts)
            if account is None:
                doubts.append(self._why_no_account(candidate, amount.currency))
        signed = signed_amount(amount, candidate, account) if amount and account else None
        if account is None or signed is None:
            draft = self._draft(email, candidate, account)
            return Plan(Action.ASK, source, _all_reasons(candidate, doubts), draft=draft)
        if candidate.event == Event.CARD_PAYMENT and not _fits_card_payment(signed, account):
            doubts.append(Reason.DIRECTION_UNCLEAR)
        is_its_bank = account.institution.casefold() in ("", institution.casefold())
        if not is_its_bank and (signed.minor > 0 or candidate.balance is not None):
            # A shop may tell of a purchase; of money coming in, the account's own bank tells.
            doubts.append(Doubt.OTHER_INSTITUTION)
        movement = self._movement(email, source, candidate, account, signed)
        action = Action.PROPOSE if doubts else Action.POST
        return Plan(
            action,
            source,
            _all_reasons(candidate, doubts),
            movement=movement,
            told_at=email.received_at,
            balance_after=candidate.balance.value if candidate.balance and is_its_bank else None,
        )

    def _doubts(self, read: ReadEmail, candidate: Candidate) -> list[str]:
        doubts = self.doubts_about(read)
        if candidate.event == Event.HOLD:
            # What is reserved is not spent yet, and the final amount may differ.
            doubts.append(Doubt.HOLD)
        if candidate.route == TEMPLATE and read.email.pk.int % ONE_IN == 0:
            # What a template reads is looked at now and then: senders change how they write.
            doubts.append(Doubt.SPOT_CHECK)
        if not would_book(candidate):
            doubts.append(Doubt.LOW_CONFIDENCE)
        past = self._measured.get((read.email.from_address, candidate.route))
        if past is not None and past.falls_short(THRESHOLD):
            doubts.append(Doubt.OFTEN_CORRECTED)
        return doubts

    def doubts_about(self, read: ReadEmail) -> list[str]:
        """What speaks against believing a message, whatever it says."""
        email, doubts = read.email, list[str]()
        if read.forwarded_from is not None:
            doubts.append(Reason.FORWARDED)
        if read.is_damaged:
            doubts.append(Doubt.DAMAGED_MESSAGE)
        if email.trust == Trust.FAILING:
            doubts.append(Doubt.FAILING_SENDER)
        elif email.account.kind != SourceKind.UPLOAD and email.trust != Trust.VERIFIED:
            # An archive is closed; anybody can write to a mailbox, in any bank's name.
            doubts.append(Doubt.UNVERIFIED_SENDER)
        elif self._is_stranger(email) and self._imitates(email):
            doubts.append(Doubt.LOOKALIKE_SENDER)
        elif self._is_stranger(email):
            # A verified domain may still be a stranger's who calls himself a bank.
            doubts.append(Doubt.NEW_SENDER)
        if not email.account.is_own and not came_to_own_mailbox(email):
            doubts.append(Doubt.SOURCE_NOT_OWN)
        return doubts

    def _imitates(self, email: Email) -> bool:
        """Whether the domain is made to be taken for an institution of the tenant's accounts."""
        return imitated_institution(email.from_address, self._accounts) is not None

    def _is_stranger(self, email: Email) -> bool:
        is_live = email.account.kind != SourceKind.UPLOAD
        return is_live and email.from_address not in self._known_senders

    def account_of(self, read: ReadEmail, candidate: Candidate) -> FinancialAccount | None:
        """The account that a message names, if the tenant has it."""
        currency = candidate.amount.value.currency if candidate.amount else self._tenant.currency
        return self._account(read.author, candidate, currency, may_open=False)

    def _account(
        self, author: Author, candidate: Candidate, currency: str, *, may_open: bool
    ) -> FinancialAccount | None:
        """The account that the message means. One that a certain message of an own source names
        by its number, and nobody knows yet, is opened; not in a foreign currency, which may be
        the shop's rather than the account's."""
        digits = candidate.account_hint.value if candidate.account_hint else ""
        institution = institution_of(author)
        kind = self._kinds.get(digits)
        hint = AccountHint(
            institution=institution, last_digits=digits, currency=currency, kind=kind or ""
        )
        account = resolve_account(hint, self._accounts)
        is_home = currency == self._tenant.currency
        if account is None and may_open and digits and is_home and is_issuer(author, candidate):
            account = new_account(
                institution,
                currency,
                kind=kind or AccountKind.CHECKING,
                institution=institution,
                number=digits,
                origin=AccountOrigin.MESSAGE,
            )
            self._accounts.append(account)
            self._opened.append(account)
        return account

    def _why_no_account(self, candidate: Candidate, currency: str) -> Doubt:
        foreign = candidate.account_hint is not None and currency != self._tenant.currency
        return Doubt.CURRENCY_DIFFERS if foreign else Doubt.UNKNOWN_ACCOUNT

    def _movement(
        self,
        email: Email,
        source: Source,
        candidate: Candidate,
        account: FinancialAccount,
        signed: Money,
    ) -> Movement:
        category = self._category(candidate, signed)
        original = candidate.original_amount
        return Movement(
            account_id=account.pk,
            booked_on=self._booked_on(email, candidate),
            occurred_at=_instant(candidate),
            amount=signed,
            original=original.value if original else None,
            merchant=merchant_of(candidate),
            merchant_raw=candidate.merchant_raw.value if candidate.merchant_raw else "",
            description=reference_of(candidate),
            category_id=category.category_id if category else None,
            event=candidate.event.value,
            source=source,
            provenance=provenance(candidate, category),
        )

    def draft(self, read: ReadEmail, candidate: Candidate) -> dict[str, Any]:
        """What a candidate tells, for a person to complete and accept."""
        amount = candidate.amount.value if candidate.amount else None
        account = None
        if amount is not None:
            account = self._account(read.author, candidate, amount.currency, may_open=False)
        return self._draft(read.email, candidate, account)

    def _draft(
        self, email: Email, candidate: Candidate, account: FinancialAccount | None
    ) -> dict[str, Any]:
        amount = candidate.amount.value if candidate.amount else None
        outflow = candidate.direction != Direction.CREDIT
        original = candidate.original_amount
        return draft_of(
            amount=(-amount if outflow else amount) if amount is not None else None,
            original=original.value if original else None,
            account_id=account.pk if account else None,
            booked_on=self._booked_on(email, candidate),
            occurred_at=_instant(candidate),
            merchant=merchant_of(candidate),
            merchant_raw=candidate.merchant_raw.value if candidate.merchant_raw else "",
            description=reference_of(candidate),
            event=candidate.event.value,
            provenance=provenance(candidate, None),
        )

    def _category(self, candidate: Candidate, signed: Money) -> Suggestion | None:
        is_own = candidate.direction == Direction.TRANSFER
        event = OWN_TRANSFER if is_own and candidate.event in TRANSFERS else candidate.event.value
        return self._suggester.suggest(event, merchant_of(candidate), outflow=signed.minor < 0)

    def _booked_on(self, email: Email, candidate: Candidate) -> date:
        """The day that the message states, else the day it arrived, in the tenant's zone."""
        if candidate.occurred_on is not None:
            return candidate.occurred_on.value
        received: datetime = email.received_at
        return received.astimezone(self._zone).date()


def _all_reasons(candidate: Candidate, doubts: list[str]) -> tuple[str, ...]:
    named = [str(reason) for reason in candidate.reasons]
    if named and Doubt.LOW_CONFIDENCE in doubts:
        doubts = [doubt for doubt in doubts if doubt != Doubt.LOW_CONFIDENCE]
    return tuple(dict.fromkeys([*(str(doubt) for doubt in doubts), *named]))


def signed_amount(amount: Money, candidate: Candidate, account: FinancialAccount) -> Money | None:
    """The amount as the account sees it; None where the direction is not known. Of a payment
    between own accounts a card's message reports the inflow, another account's the outflow."""
    match candidate.direction:
        case Direction.DEBIT:
            return -amount
        case Direction.CREDIT:
            return amount
        case Direction.TRANSFER if candidate.event == Event.TRANSFER_IN:
            return amount
        case Direction.TRANSFER if candidate.event == Event.TRANSFER_OUT:
            return -amount
        case Direction.TRANSFER:
            return amount if account.kind == AccountKind.CREDIT_CARD else -amount
    return None


def _fits_card_payment(signed: Money, account: FinancialAccount) -> bool:
    """Both sides of a card's bill send such messages: money comes in on the card and leaves the
    account that pays it."""
    return (signed.minor > 0) == (account.kind == AccountKind.CREDIT_CARD)


def merchant_of(candidate: Candidate) -> str:
    for field in (candidate.merchant, candidate.counterparty, candidate.merchant_raw):
        if field is not None:
            return field.value
    return ""


def reference_of(candidate: Candidate) -> str:
    """The transaction's own number, else that of what was paid: an order, an invoice."""
    found = candidate.reference or candidate.order_number
    return found.value if found else ""


def provenance(candidate: Candidate, category: Suggestion | None) -> dict[str, Any]:
    """For each field what set it: the route, and whether the value was inferred."""
    told = {
        name: {"route": candidate.route, "inferred": field["inferred"]}
        for name, field in candidate_record(candidate)["fields"].items()
    }
    if category is not None:
        told["category_id"] = {"route": category.why, "detail": category.detail, "inferred": True}
    return told


def _instant(candidate: Candidate) -> datetime | None:
    found: Field[datetime] | None = candidate.occurred_at
    return found.value if found is not None and found.value.tzinfo is not None else None
