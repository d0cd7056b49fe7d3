"""Years and dates of other calendars as Gregorian dates. Pure."""

from __future__ import annotations

import re
from datetime import date, timedelta

_JALALI_EPOCH = date(622, 3, 21)
# Breaks in the 33-year leap cycle of the Jalali calendar (Borkowski's table, as used by CLDR/ICU's
# Persian calendar within living memory).
_JALALI_LEAPS = (1, 5, 9, 13, 17, 22, 26, 30)
_HIJRI_EPOCH = date(622, 7, 19)
_HIJRI_LEAPS = (2, 5, 7, 10, 13, 16, 18, 21, 24, 26, 29)


def from_jalali(year: int, month: int, day: int) -> date:
    """The Gregorian date of a Jalali (Persian) date. Raises ValueError when there is none."""
    if not (1 <= month <= 12 and 1 <= day <= (31 if month <= 6 else 30) and 1200 <= year <= 1600):
        raise ValueError("not a Jalali date")
    cycles, rest = divmod(year - 1, 33)
    leaps = cycles * 8 + sum(1 for leap in _JALALI_LEAPS if leap <= rest)
    days = (year - 1) * 365 + leaps
    days += (month - 1) * 31 if month <= 7 else 186 + (month - 7) * 30
    return _JALALI_EPOCH + timedelta(days=days + day - 1)


def from_hijri(year: int, month: int, day: int) -> date:
    """The Gregorian date of a tabular Islamic date; an official one may differ by a day."""
    if not (1 <= month <= 12 and 1 <= day <= 30 and 1300 <= year <= 1600):
        raise ValueError("not a Hijri date")
    cycles, rest = divmod(year - 1, 30)
    leaps = cycles * 11 + sum(1 for leap in _HIJRI_LEAPS if leap <= rest)
    days = (year - 1) * 354 + leaps + (month - 1) * 30 - (month - 1) // 2
    return _HIJRI_EPOCH + timedelta(days=days + day - 1)


def gregorian(year: int, month: int, day: int, language: str | None = None) -> date:
    """The date meant by a four-digit year of any calendar that messages use: Gregorian, Buddhist
    (2569), Jalali (1405), Hijri (1448). Raises ValueError."""
    if 2400 <= year <= 2700:
        return date(year - 543, month, day)
    if 1380 <= year <= 1430:
        return from_jalali(year, month, day)
    if 1430 < year <= 1480:
        return from_hijri(year, month, day)
    if 1990 <= year <= 2100:
        return date(year, month, day)
    raise ValueError("not a year of our time")


_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")


def has_ideographs(text: str) -> bool:
    """Whether a text may count years as Taiwan does."""
    return not text.isascii() and _IDEOGRAPH.search(text) is not None
