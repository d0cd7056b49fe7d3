"""When a second message may tell of a movement that is known already."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from extraction.duplicates import Told, alike

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ALERT = Told(
    source_id="first",
    sender="alerts@nordbank.example",
    account_id=uuid.uuid4(),
    amount_minor=-350,
    booked_on=date(2026, 11, 3),
    occurred_at=None,
    merchant="corner cafe",
    reference="",
)
AGAIN = replace(ALERT, source_id="second")


def test_the_same_facts_from_the_same_sender_may_be_one_movement() -> None:
    assert alike(ALERT, AGAIN)


def test_a_message_is_not_its_own_duplicate() -> None:
    assert not alike(ALERT, ALERT)


def test_another_amount_or_account_is_another_movement() -> None:
    assert not alike(ALERT, replace(AGAIN, amount_minor=-351))
    assert not alike(ALERT, replace(AGAIN, account_id=uuid.uuid4()))


def test_a_second_coffee_the_next_day_is_a_second_coffee() -> None:
    assert not alike(ALERT, replace(AGAIN, booked_on=date(2026, 11, 4)))


def test_two_coffees_on_one_day_differ_by_time_or_reference() -> None:
    morning = replace(ALERT, occurred_at=NOON - timedelta(hours=4), reference="A1")
    assert not alike(morning, replace(AGAIN, occurred_at=NOON))
    assert not alike(morning, replace(AGAIN, reference="B2"))
    assert alike(morning, replace(AGAIN, occurred_at=morning.occurred_at, reference="A1"))


def test_a_shops_receipt_may_tell_of_the_banks_alert_days_later() -> None:
    receipt = replace(AGAIN, sender="shop@corner.example", merchant="Corner Coffee Ltd")
    assert alike(ALERT, replace(receipt, booked_on=date(2026, 11, 6)))
    assert not alike(ALERT, replace(receipt, booked_on=date(2026, 11, 7)))
