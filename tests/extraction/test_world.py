"""How right the reading is on messages from a hundred countries (tests/samples/world*.jsonl).

The floors are what the rules reach: they keep a change that helps one country from harming others.
They say nothing of messages that the rules were not written for; `make bench` and the developers'
guide tell how those are measured.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest

from extraction.evaluation import Evaluation, read_rows, score

WORLD = sorted((Path(__file__).parents[1] / "samples").glob("world*.jsonl"))
FLOORS = {
    "amount": 0.99, "currency": 0.97, "direction": 0.99, "merchant": 0.955,
    "account_last4": 0.99, "balance": 0.98, "reference": 0.97, "date": 0.99,
}  # fmt: skip


@cache
def report() -> dict[str, Any]:
    scored = [score(row) for path in WORLD for row in read_rows(path)]
    overall: dict[str, Any] = Evaluation(scored).report()["overall"]
    return overall


def test_movements_are_found_and_nothing_else() -> None:
    assert report()["detection"]["precision"] >= 0.995
    assert report()["detection"]["recall"] >= 0.99


@pytest.mark.parametrize("field", FLOORS)
def test_fields_are_read_exactly(field: str) -> None:
    assert report()["fields"][field]["exact"] >= FLOORS[field]


def test_what_would_book_itself_is_right() -> None:
    assert report()["autobook"]["right"] == 1.0
    assert report()["autobook"]["share"] >= 0.6
