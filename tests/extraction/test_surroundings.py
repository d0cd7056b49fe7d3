"""What stands around a message of a bank, and how its lines are broken, changes nothing of it."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from extraction.document import normalize, unwrapped
from extraction.evaluation import Row, read_rows, score

WORLD = Path(__file__).parents[1] / "samples" / "world.jsonl"
# Every seventh message without HTML, and the figures are rates of them.
ROWS = [row for row in read_rows(WORLD) if not row.get("html") and not row.get("ambiguous")][::7]
FOOTER = """

Security tip: never share your password or one-time code with anyone.
If you did not make this transaction, call us at 1800 123 4567 immediately.
Earn up to 5% cashback when you shop with your card this month. Terms apply.
This is an automated message, please do not reply. © 2026 All rights reserved.
Unsubscribe | Manage your alerts | Privacy policy"""


def wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, 72) for line in text.split("\n"))


CHANGES: dict[str, Callable[[str], str]] = {
    "an English footer with an offer": lambda text: text + FOOTER,
    "a greeting": lambda text: f"Dear Customer,\n\n{text}\n\nRegards,\nCustomer Care Team",
    "lines of 72 characters": wrapped,
    "two spaces for one": lambda text: text.replace(" ", "  "),
}


@pytest.mark.parametrize("change", CHANGES)
def test_surroundings_change_nothing(change: str) -> None:
    rows: list[Row] = [{**row, "text": CHANGES[change](row["text"])} for row in ROWS]
    read = [score(row) for row in rows]
    assert [item.row["id"] for item in read if item.booked and not item.booked_right] == []
    found = sum(item.found == item.true for item in read)
    fields = [state for item in read for state in item.fields.values()]
    assert found >= 0.98 * len(read)
    assert fields.count("right") >= 0.96 * len(fields)


def test_an_offer_below_is_asked_about() -> None:
    read = [score({**row, "text": row["text"] + FOOTER}) for row in ROWS]
    assert not any(item.booked for item in read)


def test_spaces_and_line_breaks_keep_their_places() -> None:
    normalized, offsets = normalize("Paid  to\u200b SHOP     Card 1234\n  Ref 5")
    assert normalized == "Paid to SHOP\tCard 1234\nRef 5"
    assert offsets is not None and offsets[normalized.index("SHOP")] == 10
    long = "Your payment of 12.00 was made to the shop of Mrs Anna Maria\nSchmidt today"
    assert unwrapped(long) == long.replace("\n", " ")
    assert unwrapped("Amount: 12.00\nShop: SPAR") == "Amount: 12.00\nShop: SPAR"
