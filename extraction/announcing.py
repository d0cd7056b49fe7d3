"""What messages announce of subscriptions and refunds, as the ledger hears it."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from extraction.booking import Doubt, Planner, ReadEmail
from extraction.extractors.announcements import DEADLINES, Announced, Announces
from extraction.reading import Verdict
from extraction.senders import SOURCE_KIND, institution_of
from finance.ledger import Source
from finance.models import AnnouncementKind
from finance.subscriptions.announcing import Said
from tenancy.models import Tenant

# A stranger may say when his trial ends; what he says of a price, a renewal or a cancellation,
# which is how such fraud begins, waits for a person.
STRANGERS_MAY = (Announces.TRIAL_ENDS, Announces.REFUND, *DEADLINES)


def what_is_said(read: Sequence[ReadEmail], planner: Planner, tenant: Tenant) -> list[Said]:
    """One for each announcement of the batch."""
    zone = ZoneInfo(tenant.time_zone)
    return [
        Said(
            source=Source(SOURCE_KIND, str(message.email.pk)),
            kind=AnnouncementKind(announced.kind.value),
            name=institution_of(message.author),
            told_on=message.email.received_at.astimezone(zone).date(),
            day=announced.day,
            amount=announced.amount,
            old_amount=announced.old_amount,
            doubts=_doubts(message, announced, planner),
        )
        for message in read
        for announced in message.announced
        if not announced.counted or _is_purchase(message)
    ]


def _is_purchase(read: ReadEmail) -> bool:
    """ "Return it within 30 days" in a newsletter starts nothing."""
    return read.reading is not None and read.reading.verdict == Verdict.TRANSACTION


def _doubts(read: ReadEmail, announced: Announced, planner: Planner) -> tuple[str, ...]:
    doubts = [str(doubt) for doubt in planner.doubts_about(read)]
    if announced.kind in STRANGERS_MAY:
        doubts = [doubt for doubt in doubts if doubt != Doubt.NEW_SENDER]
    return tuple(doubts)
