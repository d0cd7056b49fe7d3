"""Near misses (tests/samples/never.jsonl): amounts that nobody has paid. None may book itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from extraction.evaluation import Row, read_rows, score

NEVER = Path(__file__).parents[1] / "samples" / "never.jsonl"
# What makes a message look like a bank's, and a reading more certain.
BELOW = (
    "",
    " Account ending 4410. Ref 812233445566.",
    "\nCard: **** 4410\nReference: 812233445566\nAvailable balance: 1,204.50",
)
ROWS = list(read_rows(NEVER))


@pytest.mark.parametrize("below", BELOW)
def test_no_near_miss_books_itself(below: str) -> None:
    rows: list[Row] = [{**row, "text": row["text"] + below} for row in ROWS]
    assert [row["text"] for row in rows if score(row).booked] == []


def test_most_are_not_even_asked_about() -> None:
    asked = [row["id"] for row in ROWS if score(row).found]
    assert len(asked) <= len(ROWS) * 0.1
