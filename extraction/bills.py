"""Bills that messages tell of: what is due, and statements of a card with a day to pay by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from extraction.booking import Doubt, Planner, ReadEmail, merchant_of, reference_of
from extraction.reading import BLOCKING, Candidate, Reason, tells_of_bill
from extraction.senders import SOURCE_KIND, institution_of, known_billers
from finance.bills.entering import Notice
from finance.ledger import Source
from finance.models import AccountKind
from tenancy.models import Tenant

OWED_ON = (AccountKind.CREDIT_CARD, AccountKind.LOAN)


def bill_notices(read: Sequence[ReadEmail], planner: Planner, tenant: Tenant) -> list[Notice]:
    """One for each candidate that tells of a bill."""
    telling = [
        (message, item, candidate)
        for message in read
        for item, candidate in enumerate(message.reading.candidates if message.reading else ())
        if tells_of_bill(candidate)
    ]
    if not telling:
        return []
    billers = known_billers(message.email for message, _, _ in telling)
    return [
        replace(
            _notice(
                Source(SOURCE_KIND, str(message.email.pk), item),
                message,
                candidate,
                planner,
                tenant,
            ),
            doubts=_doubts(message, candidate, planner, billers),
        )
        for message, item, candidate in telling
    ]


def _doubts(
    read: ReadEmail, candidate: Candidate, planner: Planner, billers: frozenset[str]
) -> tuple[str, ...]:
    """Why a person should confirm it. Who bills books nothing, so that his earlier bills say
    whether he is known."""
    doubts = [str(doubt) for doubt in planner.doubts_about(read)]
    if read.email.from_address in billers:
        doubts = [doubt for doubt in doubts if doubt != Doubt.NEW_SENDER]
    unclear = BLOCKING.intersection(candidate.reasons) - {Reason.NO_AMOUNT}
    return (*doubts, *sorted(str(reason) for reason in unclear))


def _notice(
    source: Source, read: ReadEmail, candidate: Candidate, planner: Planner, tenant: Tenant
) -> Notice:
    """Without its doubts."""
    email = read.email
    received: datetime = email.received_at
    told_on = received.astimezone(ZoneInfo(tenant.time_zone)).date()
    due_on = candidate.due_date.value if candidate.due_date else None
    if due_on is None and candidate.occurred_on and candidate.occurred_on.value > told_on:
        # “Will be debited on …”: a day ahead is when it is due.
        due_on = candidate.occurred_on.value
    account = planner.account_of(read, candidate)
    is_owed_on = account is not None and account.kind in OWED_ON
    payee = institution_of(read.author)
    if account is not None and not is_owed_on:
        # The account's own bank tells of what somebody else will take from it.
        payee = merchant_of(candidate) or payee
    return Notice(
        source=source,
        payee=payee,
        told_on=told_on,
        amount=candidate.amount.value if candidate.amount else None,
        currency=account.currency if account else tenant.currency,
        due_on=due_on,
        account_id=account.pk if account and is_owed_on else None,
        reference=reference_of(candidate),
    )
