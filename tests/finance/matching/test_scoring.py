"""When two reports may tell of one movement, and how certainly."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finance.matching.pairing import Purse, refund, two_legs
from finance.matching.scoring import CERTAIN, LIKELY, Facts, Score, Why, same_purchase
from finance.money import Money

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
CARD = uuid.uuid4()
ALERT = Facts(
    source="email:first",
    teller="alerts@nordbank.example",
    account=CARD,
    amount=Money(-350, "EUR"),
    booked_on=date(2026, 11, 3),
    merchant="Corner Cafe",
    event="purchase",
    is_posted=True,
)
AGAIN = replace(ALERT, source="email:second", is_posted=False)
RECEIPT = replace(AGAIN, teller="shop@corner.example")
HOLD = replace(AGAIN, source="email:hold", event="hold")


def later(days: int) -> date:
    return ALERT.booked_on + timedelta(days=days)


def codes(score: Score | None) -> set[str]:
    assert score is not None
    return {str(reason.code) for reason in score.reasons}


def test_the_same_facts_from_the_same_sender_are_asked_about() -> None:
    found = same_purchase(ALERT, AGAIN)
    assert found is not None and found.points >= LIKELY and not found.is_certain
    assert Why.SAME_SENDER in codes(found)


def test_a_message_is_not_its_own_duplicate() -> None:
    assert same_purchase(ALERT, ALERT) is None


def test_another_amount_account_or_direction_is_another_movement() -> None:
    for other in (
        replace(RECEIPT, amount=Money(-351, "EUR")),
        replace(RECEIPT, account=uuid.uuid4()),
        replace(RECEIPT, amount=Money(350, "EUR")),
    ):
        assert same_purchase(ALERT, other) is None


def test_a_second_coffee_the_next_day_is_a_second_coffee() -> None:
    assert same_purchase(ALERT, replace(AGAIN, booked_on=later(1))) is None


def test_two_coffees_on_one_day_differ_by_time_or_reference() -> None:
    morning = replace(ALERT, occurred_at=NOON - timedelta(hours=4), reference="A1")
    assert same_purchase(morning, replace(AGAIN, occurred_at=NOON)) is None
    assert same_purchase(morning, replace(AGAIN, reference="B2")) is None
    twin = replace(AGAIN, occurred_at=morning.occurred_at, reference="A1")
    assert same_purchase(morning, twin) is not None


def test_two_entries_of_a_program_or_a_person_are_two() -> None:
    for teller in ("", "api", "statement"):
        one = replace(ALERT, teller=teller, source=f"{teller}:1")
        assert same_purchase(one, replace(one, source=f"{teller}:2")) is None


def test_a_shops_receipt_tells_of_the_banks_alert_and_is_certain_with_a_like_name() -> None:
    found = same_purchase(ALERT, replace(RECEIPT, booked_on=later(2)))
    assert found is not None and found.is_certain
    assert codes(found) == {"same_amount", "same_account", "days_apart", "merchant_alike"}
    assert same_purchase(ALERT, replace(RECEIPT, booked_on=later(4))) is None
    other = replace(RECEIPT, merchant="Acquirer 77", booked_on=later(1))
    asked = same_purchase(ALERT, other)
    assert asked is not None and LIKELY <= asked.points < CERTAIN


def test_a_receipt_that_names_no_account_is_asked_about_unless_its_reference_agrees() -> None:
    receipt = replace(RECEIPT, account=None)
    asked = same_purchase(ALERT, receipt)
    assert asked is not None and not asked.is_certain
    one, other = replace(ALERT, reference="NW-10477"), replace(receipt, reference="nw-10477")
    found = same_purchase(one, other)
    assert found is not None and found.is_certain


def test_a_hold_becomes_its_posting_some_days_later() -> None:
    found = same_purchase(HOLD, replace(ALERT, booked_on=later(4)))
    assert found is not None and found.is_certain and Why.HOLD_POSTED in codes(found)
    assert same_purchase(HOLD, replace(ALERT, booked_on=later(11))) is None


@pytest.mark.parametrize(
    ("held", "booked", "why"),
    [
        (-5000, -5900, Why.TIP_ADDED),
        (-15000, -6240, Why.PREAUTHORISED),
        (-100, -6240, Why.PREAUTHORISED),
        (-5000, -6600, None),
    ],
)
def test_a_tip_or_a_pump_changes_the_amount_and_is_always_asked(
    held: int, booked: int, why: Why | None
) -> None:
    hold = replace(HOLD, amount=Money(held, "EUR"))
    posting = replace(ALERT, amount=Money(booked, "EUR"), booked_on=later(1))
    found = same_purchase(hold, posting)
    if why is None:
        assert found is None
    else:
        assert why in codes(found) and not found.is_certain  # type: ignore[union-attr]
    assert same_purchase(hold, replace(posting, merchant="Opera")) is None


def test_the_amount_in_the_shops_currency_tells_of_the_charge() -> None:
    alert = replace(ALERT, amount=Money(-1850, "EUR"), original=Money(2000, "USD"))
    receipt = replace(RECEIPT, account=None, amount=Money(-2000, "USD"))
    assert Why.SAME_ORIGINAL in codes(same_purchase(alert, receipt))


def test_a_doubtful_message_never_merges_by_itself() -> None:
    found = same_purchase(ALERT, replace(RECEIPT, is_doubted=True))
    assert found is not None and found.points >= CERTAIN and not found.is_certain


GIRO = Purse(("Giro", "Nordbank"), "0042", is_card=False)
VISA = Purse(("Visa", "Kartenhaus"), "4821", is_card=True)
SENT = replace(ALERT, account=uuid.uuid4(), merchant="", event="transfer_out")
GOT = replace(
    ALERT, account=CARD, amount=Money(350, "EUR"), merchant="", event="transfer_in",
    source="email:in",
)  # fmt: skip


def test_legs_that_both_tell_of_a_transfer_are_certain() -> None:
    assert two_legs(SENT, GOT, (GIRO, GIRO)).is_certain  # type: ignore[union-attr]
    asked = two_legs(replace(SENT, event=""), replace(GOT, event=""), (GIRO, GIRO))
    assert asked is not None and not asked.is_certain
    assert two_legs(SENT, replace(GOT, account=SENT.account), (GIRO, GIRO)) is None
    assert two_legs(SENT, replace(GOT, event="salary"), (GIRO, GIRO)) is None
    assert two_legs(SENT, replace(GOT, booked_on=later(6)), (GIRO, GIRO)) is None


def test_a_payment_to_a_card_is_the_cards_bill() -> None:
    paid = replace(GOT, event="card_payment", booked_on=later(2))
    found = two_legs(replace(SENT, event=""), paid, (GIRO, VISA))
    assert Why.CARD_BILL in codes(found) and found.is_certain  # type: ignore[union-attr]


def test_legs_in_two_currencies_need_a_rate_that_fits() -> None:
    got = replace(GOT, amount=Money(400, "USD"))
    assert two_legs(SENT, got, (GIRO, GIRO)) is None
    assert two_legs(SENT, got, (GIRO, GIRO), off=31) is None
    assert Why.RATE_WITHIN in codes(two_legs(SENT, got, (GIRO, GIRO), off=8))


def test_a_refund_pays_a_purchase_of_that_merchant_back() -> None:
    credit = replace(ALERT, amount=Money(350, "EUR"), event="refund", booked_on=later(9))
    assert refund(ALERT, credit).is_certain  # type: ignore[union-attr]
    assert refund(ALERT, replace(credit, merchant="Opera")) is None
    assert refund(ALERT, replace(credit, booked_on=later(-5))) is None
    part = refund(ALERT, replace(credit, amount=Money(100, "EUR")))
    assert Why.PART_OF_AMOUNT in codes(part) and not part.is_certain  # type: ignore[union-attr]
    assert refund(ALERT, replace(credit, amount=Money(351, "EUR"))) is None
