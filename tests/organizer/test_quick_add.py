"""Tasks as people type them, in two languages. Today is Wednesday, 27 May 2026."""

from __future__ import annotations

from datetime import date

import pytest

from finance.recurrence import Unit
from organizer.quick_add import understand

WEDNESDAY = date(2026, 5, 27)


@pytest.mark.parametrize(
    ("typed", "title", "due_on"),
    [
        ("call mum", "call mum", None),
        ("call mum tomorrow", "call mum", date(2026, 5, 28)),
        ("Mama anrufen morgen", "Mama anrufen", date(2026, 5, 28)),
        ("dentist 2026-06-03 at noon", "dentist at noon", date(2026, 6, 3)),
        ("Zahnarzt am 3.6.2026", "Zahnarzt", date(2026, 6, 3)),
        ("taxes 2026-02-30", "taxes 2026-02-30", None),
        ("taxes 31.4.2026", "taxes 31.4.2026", None),
        ("in 2 weeks renew passport", "renew passport", date(2026, 6, 10)),
        ("Pass verlängern in 3 Tagen", "Pass verlängern", date(2026, 5, 30)),
        ("in 1 month cancel gym", "cancel gym", date(2026, 6, 27)),
        ("walk on friday", "walk", date(2026, 5, 29)),
        ("walk Wednesday", "walk", date(2026, 6, 3)),
        ("Treffen am Montag", "Treffen", date(2026, 6, 1)),
        ("read sundays book", "read sundays book", None),
        ("buy every thing", "buy every thing", None),
        ("wash every 0 days", "wash every 0 days", None),
        ("pay every 32nd", "pay every 32nd", None),
    ],
)
def test_days(typed: str, title: str, due_on: date | None) -> None:
    draft = understand(typed, WEDNESDAY)
    assert (draft.title, draft.due_on, draft.repeat) == (title, due_on, None)


@pytest.mark.parametrize(
    ("typed", "title", "due_on", "unit", "every"),
    [
        ("pay rent every 1st", "pay rent", date(2026, 6, 1), Unit.MONTH, 1),
        ("Miete zahlen jeden 1.", "Miete zahlen", date(2026, 6, 1), Unit.MONTH, 1),
        ("close books every 31st", "close books", date(2026, 5, 31), Unit.MONTH, 1),
        ("bins every thursday", "bins", date(2026, 5, 28), Unit.WEEK, 1),
        ("Müll jeden Mittwoch", "Müll", WEDNESDAY, Unit.WEEK, 1),
        ("water plants every 3 days", "water plants", WEDNESDAY, Unit.DAY, 3),
        ("Blumen gießen alle 2 Wochen", "Blumen gießen", WEDNESDAY, Unit.WEEK, 2),
        ("Steuer jedes Jahr", "Steuer", WEDNESDAY, Unit.YEAR, 1),
    ],
)
def test_repetition(typed: str, title: str, due_on: date, unit: Unit, every: int) -> None:
    draft = understand(typed, WEDNESDAY)
    assert draft.repeat is not None
    assert (draft.title, draft.due_on) == (title, due_on)
    assert (draft.repeat.unit, draft.repeat.every) == (unit, every)


def test_tags_and_priority() -> None:
    draft = understand("pay rent every 1st #home !high #Home #geld", WEDNESDAY)
    assert (draft.title, draft.tags, draft.priority) == ("pay rent", ("home", "geld"), "high")
    assert understand("Miete !hoch", WEDNESDAY).priority == "high"
    assert understand("wow! a#b C#", WEDNESDAY).title == "wow! a#b C#"
