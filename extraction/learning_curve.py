"""How much better a sender is read after 0, 1, 2 and 3 of its messages were confirmed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from extraction.evaluation import Row, document_from_bytes, message_bytes, score
from extraction.reading import Direction, Event
from extraction.reading_path import read_document
from extraction.templates.learning import Example, lesson
from extraction.templates.places import read_places
from extraction.templates.template import Template
from finance.money import InvalidMoney, Money

CONFIRMED = (0, 1, 2, 3)
# Confirmations after which a template reads by itself.
ENOUGH = 2


def learning_curve(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """For each number of confirmed messages: how many of the sender's next movements are read
    right in every labelled field, and how many would be booked. The messages that are measured
    are the same for each number: those after the third of their sender."""
    by_sender: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["expected"]["is_transaction"] and not row.get("ambiguous"):
            by_sender[str(row.get("bank"))].append(row)
    enough = [group for group in by_sender.values() if len(group) > CONFIRMED[-1]]
    return [_point(enough, number) for number in CONFIRMED]


def _point(groups: Sequence[Sequence[Row]], number: int) -> dict[str, Any]:
    right = booked = booked_right = fields = fields_right = n = 0
    for group in groups:
        templates = taught(group[:number])
        for row in group[CONFIRMED[-1] :]:
            item = score(row, templates)
            n += 1
            right += set(item.fields.values()) <= {"right"}
            fields += len(item.fields)
            fields_right += sum(state == "right" for state in item.fields.values())
            booked += item.booked
            booked_right += item.booked_right
    return {
        "confirmed": number,
        "n": n,
        "all_right": right / max(1, n),
        "fields_right": fields_right / max(1, fields),
        "booked": booked / max(1, n),
        "booked_right": booked_right / booked if booked else 1.0,
    }


def taught(rows: Iterable[Row]) -> list[Template]:
    """The templates after a person has confirmed what is labelled."""
    known: dict[str, tuple[Template, int]] = {}
    for row in rows:
        example = example_of(row)
        if example is None:
            continue
        learned = lesson([template for template, _ in known.values()], example)
        for key in learned.contradicted:
            del known[key]
        for key in learned.confirmed:
            template, times = known[key]
            known[key] = (template.activated(is_active=times + 1 >= ENOUGH), times + 1)
        if learned.new is not None:
            known[learned.new.key] = (learned.new, 1)
    return [template for template, _ in known.values()]


def example_of(row: Row) -> Example | None:
    """A labelled message as one that a person has confirmed: they see what was read and correct
    it. None where the labels say too little."""
    document = document_from_bytes(message_bytes(row))
    expected = row["expected"]
    reading = read_document(document)
    made = reading.candidates[0] if reading.candidates else None
    currency = expected.get("currency") or (
        made.amount.value.currency if made and made.amount else ""
    )
    if not currency or "amount" not in expected or "direction" not in expected:
        return None
    try:
        amount = Money.parse(abs(Decimal(str(expected["amount"]))), currency)
    except InvalidMoney:
        return None
    direction = Direction(expected["direction"])
    event = made.event if made and made.direction is direction else _plain_event(direction)
    return Example(
        document=document,
        event=event,
        direction=direction,
        amount=amount,
        booked_on=date.fromisoformat(expected["date"][:10]) if expected.get("date") else None,
        merchant=expected.get("merchant") or "",
        read_merchant=made.merchant.value if made and made.merchant else "",
        account_digits=str(expected.get("account_last4") or ""),
        read=read_places(document, made) if made else {},
    )


def _plain_event(direction: Direction) -> Event:
    return Event.TRANSFER_IN if direction is Direction.CREDIT else Event.PURCHASE
