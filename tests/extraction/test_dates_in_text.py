from __future__ import annotations

from datetime import date

import pytest

from extraction.extractors.calendars import from_hijri, from_jalali, gregorian
from extraction.extractors.dates import find_dates, find_times, settle
from tests.extraction.reading_help import RECEIVED, make_document


def days(text: str, *, month_first: bool = False) -> list[date | None]:
    document = make_document(text)
    found = find_dates(document, find_times(document))
    return [settle(item, RECEIVED.date(), month_first=month_first)[0] for item in found]


@pytest.mark.parametrize(
    "text",
    [
        "2026-05-05", "05/05/2026", "05.05.26", "5 May 2026", "May 5, 2026", "05MAY26",
        "5 de mayo de 2026", "5 maja 2026", "5 мая 2026", "2026年5月5日", "5 พ.ค. 2569",
        "05/05/2569", "1405/02/15", "5. Mai 2026", "5 mai 2026", "20260505", "5 Mei 2026",
        "٠٥/٠٥/٢٠٢٦", "5 May", "05/05", "(2026:05:05 18:01:45)", "\n260505 18:01",
        "XX1234,05-05-26",
    ],
)  # fmt: skip
def test_dates_of_many_habits(text: str) -> None:
    assert days(f"on {text} .") == [date(2026, 5, 5)]


def test_the_order_nearer_to_the_received_date_wins() -> None:
    assert days("on 06/05/26") == days("on 06/05/26", month_first=True) == [date(2026, 5, 6)]


def test_else_the_country_decides() -> None:
    assert days("on 03/04/2026") == [date(2026, 4, 3)]
    assert days("on 03/04/2026", month_first=True) == [date(2026, 3, 4)]


def test_other_calendars() -> None:
    assert from_jalali(1405, 1, 1) == date(2026, 3, 21)
    assert from_jalali(1399, 12, 30) == date(2021, 3, 20)
    assert abs((from_hijri(1447, 1, 1) - date(2025, 6, 26)).days) <= 1
    with pytest.raises(ValueError, match="year of our time"):
        gregorian(1700, 1, 1)


@pytest.mark.parametrize(
    ("text", "clock", "offset"),
    [("10:22 PM", (22, 22), None), ("12:05 am", (0, 5), None), ("18:45:12+05:30", (18, 45), 330),
     ("下午3:15", (15, 15), None), ("10時22分", (10, 22), None), ("14:00 UTC", (14, 0), 0)],
)  # fmt: skip
def test_times(text: str, clock: tuple[int, int], offset: int | None) -> None:
    (found,) = find_times(make_document(f"at {text}"))
    assert ((found.hour, found.minute), found.offset) == (clock, offset)
