"""What the messages of a ledger that is being set up say, before anything is booked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q

from extraction.models import EmailExtraction, ExtractionState
from extraction.reading import Direction, Event, Verdict
from finance.money import Money
from finance.views.rows import reason_labels, title_of
from mail_ingest.models import Email

SHOWN = 20
NEVER_BOOKED = [event.value for event in Event if not event.books]


@dataclass(frozen=True, slots=True)
class Recognised:
    """One message and the movement that it tells. `amount` is None where it is not clear;
    `doubts` are why a person would be asked, `more` counts further movements in it."""

    email: Email
    title: str
    amount: Money | None
    booked_on: date | None
    account: str
    doubts: list[str]
    more: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Messages: read so far, about a movement, and those of them that would book themselves."""

    read: int
    recognised: int
    certain: int

    @property
    def asked(self) -> int:
        return self.recognised - self.certain


def totals() -> Totals:
    movement = _is_movement()
    counts = EmailExtraction.objects.aggregate(
        read=Count("pk"),
        recognised=Count("pk", filter=movement),
        certain=Count("pk", filter=movement & Q(reasons=[])),
    )
    return Totals(**counts)


def recognised() -> list[Recognised]:
    """The newest messages that would become transactions."""
    rows = EmailExtraction.objects.filter(_is_movement()).select_related("email")
    return [_recognised(row) for row in rows.order_by("-email__received_at", "-email_id")[:SHOWN]]


def _is_movement() -> Q:
    held = Q(state=ExtractionState.HELD, verdict=Verdict.TRANSACTION)
    return held & ~Q(event__in=NEVER_BOOKED)


def _recognised(row: EmailExtraction) -> Recognised:
    candidates = [one for one in row.candidates if Event(one["event"]).books]
    candidate: Mapping[str, Any] = candidates[0] if candidates else {"event": row.event}
    fields = candidate.get("fields", {})
    said = {name: str(field["value"]) for name, field in fields.items()}
    stated = said.get("occurred_on")
    merchant = said.get("merchant") or said.get("counterparty", "")
    return Recognised(
        email=row.email,
        title=str(title_of(merchant, said.get("reference", ""), candidate["event"])),
        amount=_amount(candidate),
        booked_on=date.fromisoformat(stated) if stated else None,
        account=said.get("account_hint", "")[-4:],
        doubts=reason_labels(row.reasons),
        more=max(len(candidates) - 1, 0),
    )


def _amount(candidate: Mapping[str, Any]) -> Money | None:
    """Signed as it would be booked on the account that the message is about."""
    field = candidate.get("fields", {}).get("amount")
    if field is None:
        return None
    amount = Money.parse(field["value"], field["currency"])
    is_inflow = candidate.get("direction") == Direction.CREDIT
    return amount if is_inflow or candidate["event"] == Event.TRANSFER_IN else -amount
