"""Dates and times of a message, in the orders and month names of many languages. Pure.

What is ambiguous (03/04/26) stays so until `settle` knows the countries, the language and when the
message came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import NamedTuple

from babel import Locale

from extraction.document import Document, fold
from extraction.extractors.calendars import from_jalali, gregorian, has_ideographs

MONTH_LANGUAGES = [
    "en", "es", "pt", "fr", "de", "it", "nl", "pl", "ru", "uk", "tr", "ar", "fa", "he", "hi",
    "id", "ms", "th", "vi", "sv", "da", "nb", "fi", "cs", "hu", "ro", "el", "sw", "fil", "bn",
    "si", "ka", "kk", "sr", "sr_Latn", "hr", "bg", "sk", "az", "hy", "uz", "lt", "lv", "et",
    "sl", "ne", "ca",
]  # fmt: skip
# Countries that write the month before the day in numbers.
MONTH_FIRST = frozenset({"US", "PH", "PR", "CA"})
# Of a message without its day, a two-digit year before this one is more likely a day.
EARLIEST = 2016

_SPELLINGS = {
    "sept": 9, "set": 9, "setiembre": 9, "ene": 1, "abr": 4, "ago": 8, "dic": 12, "fev": 2,
    "mai": 5, "out": 10, "dez": 12, "okt": 10, "mrz": 3, "maerz": 3, "dec": 12, "marts": 3,
    "янв": 1, "фев": 2, "мар": 3, "апр": 4, "мая": 5, "июн": 6, "июл": 7, "авг": 8, "сен": 9,
    "окт": 10, "ноя": 11, "дек": 12, "agt": 8, "des": 12, "mei": 5, "مايو": 5, "ابريل": 4,
    "يناير": 1, "فبراير": 2, "مارس": 3, "يونيو": 6, "يوليو": 7, "اغسطس": 8, "سبتمبر": 9,
    "اكتوبر": 10, "نوفمبر": 11, "ديسمبر": 12,
}  # fmt: skip
_JALALI_MONTHS = [
    "فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی",
    "بهمن", "اسفند",
]  # fmt: skip

# A pattern that begins with a class of characters is searched for at full speed, one that begins
# with a look-behind is tried at every character. So what must stand before the first digit is asked
# behind it: `\d(?<!-.)` is `(?<!-)\d`.
_ISO = re.compile(r"((?:19|20|25|13|14)(?<!\d..)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})(?!\d)")
_NUMERIC = re.compile(
    r"(\d(?<![\d./-].)\d?)([-/.])(\d{1,2})\2((?:19|20|25|13|14)\d\d|\d\d)(?![\d]|[.,]\d\d)"
)
# "5. 5. 2026", as Czechs, Germans and Hungarians may write it; "26/5/5" with the year first.
_SPACED = re.compile(r"(\d(?<![\d.,/-].)\d?)\. (\d{1,2})\. ((?:19|20)\d\d)(?!\d)")
_YEAR_FIRST = re.compile(r"(2(?<![\d.,/-].)\d)([-/])(\d{1,2})\2(\d)(?![\d]|[-/.,]\d)")
_SHORT = re.compile(
    r"(\d(?<![\d./*xX].)(?<!\d,.)(?<![^\W\u0590-\u05ff]-.)(?<!\W-.)\d?)"
    r"([-/.])(\d{1,2})(?![\d%]|[-/.,]\d)"
)
# "… 13.10 19:22": a day and a month beside a time, where a sentence begins or in Russian.
_BESIDE_TIME = re.compile(r"(?<=[\n.;,|)а-яё] )\d|(?<=\n)\d|\A\d")
_TIME_FOLLOWS = re.compile(r"\.?,? ?\d\d:\d\d")
_AT_TIME = re.compile(r"\.?,? (?:в|o|um|kl\.?) \d\d[:.]\d\d")
# Taiwan counts from 1911: "115/07/20". "07/21-18:40": month and day of the Jalali year.
_TAIWANESE = re.compile(r"(1[0-4]\d(?<![\d/.-]...))([/.-])(\d\d)\2(\d\d)(?![\d/.-])")
_JALALI_SHORT = re.compile(r"(?<![\d/])(0[1-9]|1[0-2])/?([0-3]\d)[-_ ]{1,3}(?=\d\d:\d\d)")
_COMPACT = re.compile(r"(20(?<![\w.,-]..)\d\d)([01]\d)([0-3]\d)(?=\D|$)(?![\w])")
# "2026:05:09 18:01:45", and "260509 18:01" where a line begins or after a mark.
_TIMED = re.compile(
    r"(2(?:0\d\d(?=:)|(?:(?<=^.)|(?<=[:;,|] .))\d)):?([01]\d):?([0-3]\d)(?= \d\d:\d\d)", re.M
)
_CJK = re.compile(
    r"(?:(?<!\d)(\d{2,4}|令和\s?\d{1,2})\s?[年년]\s?)?(?<!\d)(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日号號일]"
)
_VIETNAMESE = re.compile(r"(\d{1,2}) thang (\d{1,2})(?:,? nam (\d{4}))?")
_MONTH_WORD = re.compile(r"[^\W\d_]{3,}|[\u0e00-\u0e7f]{1,3}\.[\u0e00-\u0e7f]{1,2}\.?")
_DAY_LEFT = re.compile(
    r"(?<!\d)(?<!\d[.,])(\d{1,2})(?:st|nd|rd|th|er|[º°.ე]|-?го)?(?:[ ,/'.-]{0,3}| ?(?:de|of|da) )$"
)
_YEAR_RIGHT = re.compile(
    r"\.?(?:[ ,/'.-]{0,3}|[ ](?:de|del|of)[ ])((?:19|20|25|13|14)\d\d|\d\d(?![:\d]|[.,]\d))(?!\d)"
)
_DAY_RIGHT = re.compile(
    r"\.?[ -]{0,2}(\d{1,2})(?:st|nd|rd|th)?(?![\d:]|/\d|-[a-z]{3}|[.,]\d{3})"
    r"(?:,?[ ]?(?:at[ ])?(20\d\d)|,?[ ]'?(\d\d)(?![:\d]))?"
)
_YEAR_LEFT = re.compile(r"(20\d\d)[ .-]{1,2}$")
_TIME = re.compile(
    r"(\d(?<![\d:.].)(?<!\d-.)(?:(?<=[01])\d|(?<=2)[0-3])?)(?::([0-5]\d)(?::([0-5]\d)(?:\.\d{1,6})?)?"
    r"|h([0-5]\d)|[時时시点]\s?([0-5]?\d)\s?[分분](?:\s?([0-5]?\d)\s?[秒초])?)"
    r"(?:\s?(a\.?\s?m\.?|p\.?\s?m\.?|hrs|uhr|น\.)(?![^\W\d_]))?"
    r"(?:\s?(utc|gmt|z|[+-]\d\d:?\d\d)(?!\w))?"
)
_CJK_HALF = re.compile(r"(上午|下午|午前|午後|오전|오후)\s?$")


class FoundDate(NamedTuple):
    """A date in the text. Either settled (`value`) or numbers whose order is open."""

    start: int
    end: int
    value: date | None
    first: int = 0
    second: int = 0
    year: int | None = None
    ambiguous: bool = False
    short: bool = False
    year_first: date | None = None
    """What it is if its first two digits are the year: "26/05/12"."""


class FoundTime(NamedTuple):
    """A time of day; `offset` is minutes east of UTC where the message says."""

    start: int
    end: int
    hour: int
    minute: int
    second: int
    offset: int | None


@cache
def _months() -> dict[str, int]:
    table: dict[str, int] = {}
    for language in MONTH_LANGUAGES:
        months = Locale.parse(language).months
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    folded = fold(name)
                    if "m" + str(number) not in folded and not folded[0].isdigit():
                        table.setdefault(folded, number)
                        if language == "he":  # "in May" is one word
                            table.setdefault("ב" + folded, number)
                        table.setdefault(folded.rstrip("."), number)
    table.update(_SPELLINGS)
    # How banks everywhere shorten "balance" (Lithuanian for April); codes of currencies.
    for word in ("bal", "zar", "nis"):
        table.pop(word, None)
    return {name: number for name, number in table.items() if len(name) > 2}


@cache
def _jalali_months() -> dict[str, int]:
    return {fold(name): number for number, name in enumerate(_JALALI_MONTHS, 1)}


def find_times(document: Document) -> list[FoundTime]:
    """All times of day."""
    return [
        found
        for match in _TIME.finditer(document.folded)
        if (found := _time(match, document.folded)) is not None
    ]


def _time(match: re.Match[str], folded: str) -> FoundTime | None:
    hour = int(match[1])
    minute = int(match[2] or match[4] or match[5] or 0)
    second = int(match[3] or match[6] or 0)
    half = (match[7] or "").replace(".", "").replace(" ", "")
    left = _CJK_HALF.search(folded, max(0, match.start() - 4), match.start())
    if left:
        half = "pm" if left[1] in ("下午", "午後", "오후") else "am"
    if half == "pm" and hour < 12:
        hour += 12
    if half == "am" and hour == 12:
        hour = 0
    zone = match[8]
    offset: int | None = None
    if zone in ("utc", "gmt", "z"):
        offset = 0
    elif zone:
        sign = -1 if zone[0] == "-" else 1
        offset = sign * (int(zone[1:3]) * 60 + int(zone[-2:]))
    return FoundTime(match.start(), match.end(), hour, minute, second, offset)


def find_dates(document: Document, times: list[FoundTime]) -> list[FoundDate]:
    """All dates, in order, none overlapping."""
    found: list[FoundDate] = []
    taken = [(time.start, time.end) for time in times]
    for date_found in _in_order_of_trust(document):
        span = (date_found.start, date_found.end)
        if not any(start < span[1] and span[0] < end for start, end in taken):
            found.append(date_found)
            taken.append(span)
    return sorted(found, key=lambda item: item.start)


def _in_order_of_trust(document: Document) -> Iterator[FoundDate]:
    folded = document.folded
    for match in _ISO.finditer(folded):
        yield from _settled(match.span(), int(match[1]), int(match[2]), int(match[3]))
    yield from _named(folded)
    if "月" in folded or "월" in folded:
        for match in _CJK.finditer(folded):
            yield from _cjk(match)
    if has_ideographs(folded):
        for match in _TAIWANESE.finditer(folded):
            yield from _settled(match.span(), int(match[1]) + 1911, int(match[3]), int(match[4]))
    if " thang " in folded:
        for match in _VIETNAMESE.finditer(folded):
            year = int(match[3]) if match[3] else None
            yield from _settled(match.span(), year, int(match[2]), int(match[1]))
    for match in _SPACED.finditer(folded):
        yield from _settled(match.span(), int(match[3]), int(match[2]), int(match[1]))
    for match in _YEAR_FIRST.finditer(folded):
        yield from _settled(match.span(), int(match[1]), int(match[3]), int(match[4]))
    for match in _NUMERIC.finditer(folded):
        yield from _open(match.span(), int(match[1]), int(match[3]), match[4])
    for match in (*_COMPACT.finditer(folded), *_TIMED.finditer(folded)):
        yield from _settled(match.span(), int(match[1]), int(match[2]), int(match[3]))
    if "مانده" in folded and document.received_at:
        for match in _JALALI_SHORT.finditer(folded):
            yield from _this_jalali_year(match, document.received_at.date())
    for match in _SHORT.finditer(folded):
        if match[2] != "." or _is_timed(match, folded):
            yield from _open(match.span(), int(match[1]), int(match[3]), None)


def _is_timed(match: re.Match[str], folded: str) -> bool:
    """Whether "13.10" is a day and no amount, because a time of day follows."""
    if _AT_TIME.match(folded, match.end()):
        return True
    begins = _BESIDE_TIME.match(folded, match.start())
    return bool(begins and _TIME_FOLLOWS.match(folded, match.end()))


def _this_jalali_year(match: re.Match[str], received: date) -> Iterator[FoundDate]:
    """The latest day of that month and day that is not after the message, or one day after."""
    for year in (received.year - 621, received.year - 622):
        try:
            day = from_jalali(year, int(match[1]), int(match[2]))
        except ValueError:
            continue
        if day <= received + timedelta(1):
            yield FoundDate(match.start(1), match.end(2), day)
            return


def _settled(span: tuple[int, int], year: int | None, month: int, day: int) -> Iterator[FoundDate]:
    """A date whose order is known; the year may still be missing."""
    if year is not None and year < 100:
        year = _whole(year)
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return
    if year is None:
        yield FoundDate(*span, None, day, month, None, short=True)
        return
    try:
        yield FoundDate(*span, gregorian(year, month, day))
    except ValueError:
        return


def _open(span: tuple[int, int], first: int, second: int, year: str | None) -> Iterator[FoundDate]:
    """Two numbers and perhaps a year: day-month or month-day (or, with two digits, year first)."""
    number = int(year) if year else None
    if number is not None and 1 <= number <= 31 < first <= 40 and 1 <= second <= 12:
        yield from _settled(span, first, second, number)
        return
    if max(first, second) > 31 or min(first, second) < 1 or min(first, second) > 12:
        return
    if first > 12 or second > 12 or first == second:
        day, month = (second, first) if second > 12 else (first, second)
        for found in _settled(span, number, month, day):
            yield found._replace(year_first=_year_first(first, second, number))
        return
    yield FoundDate(*span, None, first, second, number, ambiguous=True, short=number is None)


def _year_first(first: int, second: int, last: int | None) -> date | None:
    if last is None or not 20 <= first <= 40:
        return None
    try:
        return date(2000 + first, second, last)
    except ValueError:
        return None


def _cjk(match: re.Match[str]) -> Iterator[FoundDate]:
    year: int | None = None
    if match[1]:
        digits = int(re.sub(r"\D", "", match[1]))
        if match[1].startswith("令和"):
            year = digits + 2018
        elif 100 <= digits <= 150:
            year = digits + 1911  # Taiwan counts from 1911
        else:
            year = digits
    yield from _settled(match.span(), year, int(match[2]), int(match[3]))


def _named(folded: str) -> Iterator[FoundDate]:
    months, jalali = _months(), _jalali_months()
    for match in _MONTH_WORD.finditer(folded):
        word = match[0]
        month = months.get(word)
        if month is None and word[-1] == ".":
            word = word.rstrip(".")
            month = months.get(word)
        if month is None:
            if word in jalali:
                yield from _around(folded, match, jalali[word], jalali=True)
            continue
        yield from _around(folded, match, month, jalali=False)


def _around(folded: str, match: re.Match[str], month: int, *, jalali: bool) -> Iterator[FoundDate]:
    """Day and year beside a month's name: "5 March 2026", "Mar 5, 2026", "05MAR26"."""
    start, end = match.span()
    left = _DAY_LEFT.search(folded, max(0, start - 10), start)
    if left and 1 <= int(left[1]) <= 31:
        right = _YEAR_RIGHT.match(folded, end)
        year = int(right[1]) if right else None
        if jalali and year is None:
            return
        yield from _settled(
            (left.start(), right.end() if right else end), year, month, int(left[1])
        )
        return
    right = _DAY_RIGHT.match(folded, end)
    if right and 1 <= int(right[1]) <= 31 and not jalali:
        before = _YEAR_LEFT.search(folded, max(0, start - 7), start)
        year_text = right[2] or right[3] or (before[1] if before else None)
        first = before.start() if before else start
        yield from _settled(
            (first, right.end()), int(year_text) if year_text else None, month, int(right[1])
        )


def settle(
    found: FoundDate, received: date | None, *, month_first: bool
) -> tuple[date | None, bool]:
    """The date meant, and whether that was a guess.

    A missing year is the one that puts the date nearest to (mostly before) the day the message
    came; of two orders the one near that day wins, then the country's habit.
    """
    if found.value is not None:
        return _plausible(found.value, found.year_first, received), False
    orders = [(found.first, found.second)]
    if found.ambiguous:
        orders.append((found.second, found.first))
    dates = [
        made for day, month in orders if (made := _with_year(found.year, month, day, received))
    ]
    if not dates:
        return None, True
    if len(dates) == 1 or dates[0] == dates[1]:
        return dates[0], False
    if received is not None:
        near = [made for made in dates if timedelta(-3) <= received - made <= timedelta(4)]
        if len(near) == 1:
            return near[0], False
    return dates[1 if month_first else 0], True


def _plausible(value: date, year_first: date | None, received: date | None) -> date:
    """The year comes first only where that day is near and the other is years away."""
    if year_first is not None and received is None:
        return year_first if value.year < EARLIEST else value
    if year_first is None or received is None or abs((received - value).days) < 366:
        return value
    return year_first if abs((received - year_first).days) <= 31 else value


def _with_year(year: int | None, month: int, day: int, received: date | None) -> date | None:
    if year is None:
        if received is None:
            return None
        options = [received.year, received.year - 1, received.year + 1]
    else:
        options = [_whole(year) if year < 100 else year]
    made: list[date] = []
    for option in options:
        try:
            made.append(gregorian(option, month, day))
        except ValueError:
            continue
    if not made:
        return None
    if received is None or len(made) == 1:
        return made[0]
    return min(made, key=lambda item: _distance(item, received))


def _whole(year: int) -> int:
    """The year that two digits mean. Thai banks write 69 for 2569 of the Buddhist era: 2026."""
    return year + (1957 if year >= 60 else 2000)


def _distance(item: date, received: date) -> int:
    days = (received - item).days
    return days if days >= 0 else -days * 3


def moment(day: date, time: FoundTime) -> datetime:
    """Day and time as one naive datetime, without the zone."""
    return datetime(day.year, day.month, day.day, time.hour, time.minute, time.second)  # noqa: DTZ001
