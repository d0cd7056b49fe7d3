"""Several events in one message book themselves where the message's own arithmetic proves them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from extraction.reading import Candidate, Reason, would_book
from finance.money import Money
from tests.extraction.reading_help import read

OPENING = "What moved on your account ending 1234:\n"
SHOP = "Card purchase at CORNER SHOP\t£31.26\n"
CAFE = "Card purchase at CAFE NORTH\t£3.40\n"
INFLOW = "Transfer received from ANN HALE\t+£120.00\n"


def rows_of(body: str, subject: str = "Daily summary") -> tuple[Candidate, ...]:
    return read(OPENING + body, subject=subject).candidates


def told(rows: tuple[Candidate, ...]) -> list[tuple[str, Decimal]]:
    return [(row.event.value, row.amount.value.decimal) for row in rows if row.amount]


PROVEN = {
    "a total": (SHOP + CAFE + "Total: £34.66", ["31.26", "3.40"]),
    "a total and the balance after": (
        SHOP + CAFE + "Total: £34.66\nBalance: £500.00", ["31.26", "3.40"],
    ),
    "balances": (
        "Previous balance: £613.44\n" + SHOP + INFLOW + "New balance: £702.18",
        ["31.26", "120.00"],
    ),
    "a total below the rows that is worded as one": (
        SHOP + CAFE + "Total card purchases\t£34.66", ["31.26", "3.40"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("proof", PROVEN)
def test_rows_that_add_up_are_believed(proof: str) -> None:
    body, amounts = PROVEN[proof]
    rows = rows_of(body)
    assert [str(amount) for _, amount in told(rows)] == amounts
    for row in rows:
        assert would_book(row)
        assert Reason.SEVERAL_EVENTS not in row.reasons


def test_a_receipt_with_two_charges_is_two_purchases() -> None:
    rows = rows_of("Your card was charged:\n" + SHOP + CAFE + "Total charged: £34.66", "Receipt")
    assert [row.amount.value for row in rows if row.amount] == [
        Money(3126, "GBP"), Money(340, "GBP"),
    ]  # fmt: skip
    assert all(map(would_book, rows))


UNPROVEN = {
    "nothing is stated": SHOP + CAFE,
    "only the balance after": SHOP + INFLOW + "Balance: £702.18",
    "the total is another": SHOP + CAFE + "Total: £34.60",
    "the total is taken for one more event": (
        SHOP + CAFE + "Card purchase in all\t£34.66\nTotal: £34.66"
    ),
    "a total of totals": SHOP + CAFE + "Card purchase in all\t£34.66\nTotal: £69.33",
    "the same is told twice": SHOP + SHOP + CAFE + "Total: £65.92",
    "the same is told twice, and the total once": SHOP + SHOP + CAFE + "Total: £34.66",
    "the balances say otherwise": (
        "Previous balance: £613.44\n" + SHOP + INFLOW + "New balance: £702.19"
    ),
    "the total agrees, the balances do not": (
        "Previous balance: £613.44\n" + SHOP + CAFE + "Total: £34.66\nNew balance: £600.00"
    ),
    "an amount is left over": SHOP + CAFE + "Hotel £50.00\nTotal: £34.66",
    "another currency": SHOP + "Card purchase at CAFE NORTH\t$3.40\nTotal: £34.66",
    "money both ways under one total": (
        SHOP + "Refund from CAFE NORTH\t£3.40\nTotal: £34.66"
    ),
    "a sign against the words": SHOP + "Card purchase at CAFE NORTH\t+£3.40\nTotal: £34.66",
}  # fmt: skip


@pytest.mark.parametrize("case", UNPROVEN)
def test_what_does_not_add_up_is_asked(case: str) -> None:
    rows = rows_of(UNPROVEN[case])
    assert not any(map(would_book, rows))


@pytest.mark.parametrize(
    "heading",
    ["Pending transactions", "Upcoming payments", "Scheduled for tomorrow", "Declined today",
     "These purchases await your approval", "These purchases were reversed",
     "Authorised but not yet charged", "Please confirm these purchases"],
)  # fmt: skip
@pytest.mark.parametrize("subject", ["Daily summary", "Account alert"])
def test_a_heading_speaks_of_all_its_rows(heading: str, subject: str) -> None:
    rows = rows_of(f"{heading}:\n" + SHOP + CAFE + "Total: £34.66", subject)
    assert not any(map(would_book, rows))
