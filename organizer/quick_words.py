"""The words of days, times and repetitions in a line that somebody types, in English and German.
Pure: no Django."""

from __future__ import annotations

import re
from typing import Final

from finance.recurrence import Unit

WEEKDAYS: Final = {
    name: number
    for names in (
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    )
    for number, name in enumerate(names)
} | {"sonnabend": 5}
# Words of their own as well ("do", "so", "sun"): days only behind "every", "on" or "am", or last.
SHORT_WEEKDAYS: Final = {
    name: number
    for names in (
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        ("mo", "di", "mi", "do", "fr", "sa", "so"),
    )
    for number, name in enumerate(names)
} | {"tues": 1, "thur": 3, "thurs": 3}
MONTHS: Final = {
    name: number
    for names in (
        ("january", "february", "march", "april", "may", "june", "july", "august", "september",
         "october", "november", "december"),
        ("januar", "februar", "märz", "april", "mai", "juni", "juli", "august", "september",
         "oktober", "november", "dezember"),
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"),
        ("jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sept", "okt", "nov", "dez"),
    )
    for number, name in enumerate(names, 1)
}  # fmt: skip
# Unit and how many of them.
UNITS: Final = {
    "day": (Unit.DAY, 1), "tag": (Unit.DAY, 1), "week": (Unit.WEEK, 1), "woche": (Unit.WEEK, 1),
    "month": (Unit.MONTH, 1), "monat": (Unit.MONTH, 1), "year": (Unit.YEAR, 1),
    "jahr": (Unit.YEAR, 1), "fortnight": (Unit.WEEK, 2), "quarter": (Unit.MONTH, 3),
    "quartal": (Unit.MONTH, 3), "vierteljahr": (Unit.MONTH, 3), "halbjahr": (Unit.MONTH, 6),
}  # fmt: skip
# Words that say a repetition by themselves.
ADVERBS: Final = {
    "daily": (Unit.DAY, 1), "täglich": (Unit.DAY, 1), "weekly": (Unit.WEEK, 1),
    "wöchentlich": (Unit.WEEK, 1), "fortnightly": (Unit.WEEK, 2), "monthly": (Unit.MONTH, 1),
    "monatlich": (Unit.MONTH, 1), "quarterly": (Unit.MONTH, 3), "vierteljährlich": (Unit.MONTH, 3),
    "quartalsweise": (Unit.MONTH, 3), "halbjährlich": (Unit.MONTH, 6), "yearly": (Unit.YEAR, 1),
    "annually": (Unit.YEAR, 1), "jährlich": (Unit.YEAR, 1),
}  # fmt: skip
NUMBERS: Final = {
    name: number
    for names in (
        ("two", "three", "four", "five", "six"), ("zwei", "drei", "vier", "fünf", "sechs"),
    )
    for number, name in enumerate(names, 2)
}  # fmt: skip
# Which weekday of a month; "second" alone is every other.
NTH: Final = {
    "first": 1, "1st": 1, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "last": -1,
    "erste": 1, "1.": 1, "2.": 2, "dritte": 3, "3.": 3, "vierte": 4, "4.": 4, "letzte": -1,
}  # fmt: skip
OTHER: Final = frozenset({"other", "second", "zweite"})
NEAR: Final = {"today": 0, "heute": 0, "tomorrow": 1, "morgen": 1, "übermorgen": 2}
PRIORITIES: Final = {
    "high": "high", "hoch": "high", "low": "low", "niedrig": "low", "normal": "normal",
}  # fmt: skip


def _any(names: object) -> str:
    """The longer first, for one may begin another."""
    found = sorted(map(re.escape, names), key=len, reverse=True)  # type: ignore[call-overload]
    return "|".join(found)


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\S){pattern}(?:,(?=\s)|(?!\S))", re.IGNORECASE)


_WEEKDAY: Final = _any(WEEKDAYS)
_SHORT: Final = rf"(?:{_any(SHORT_WEEKDAYS)})\.?"
_LAST: Final = _any(name for name in SHORT_WEEKDAYS if len(name) > 2)
_ANY_WEEKDAY: Final = rf"(?:{_WEEKDAY}|{_SHORT})"
_MONTH: Final = rf"({_any(MONTHS)})"
_UNIT: Final = rf"({_any(UNITS)})(?:e?[sn]|e)?"
_NUMBER: Final = rf"(\d{{1,3}}|{_any(NUMBERS)})"
_EVERY: Final = r"(?:every|each|jede[nrsm]?|alle)(!?)"
_OF_MONTH: Final = r"(?: (?:of|in) (?:the|a|every|each) month| (?:im|des|in jedem|jeden) monats?)"
# What stands before a day and says nothing more.
_LED: Final = (
    r"(?:on|by|until|due|from|starting|am|bis|bis zum|bis zu|ab|ab dem|vom|zum|spätestens"
    r"|spätestens am|vor dem)"
)
_BEFORE: Final = rf"(?:{_LED} )?(?:the )?"
_THIS: Final = r"(?:next|this|coming|nächste[nrms]?|kommende[nrms]?|diese[nrms]?)"
_NEXT: Final = rf"(?:{_THIS} )?"

TAG: Final = _words(r"#([\w-]{1,40})")
PERSON: Final = _words(r"@([\w.-]{1,60})")
PRIORITY: Final = _words(f"!({_any(PRIORITIES)})")
EVERY_DAY_OF_MONTH: Final = _words(
    rf"{_EVERY} (?:(?:month|monat) (?:on |am )?(?:the )?)?(\d{{1,2}})(?:st|nd|rd|th|\.){_OF_MONTH}?"
)
MONTHLY_ON: Final = _words(
    r"(?:monthly|monatlich)() (?:on |am |zum )?(?:the )?(\d{1,2})(?:st|nd|rd|th|\.)"
)
EVERY_LAST_DAY: Final = _words(
    rf"{_EVERY} (?:(?:last|letzte[nr]?) (?:day|tag){_OF_MONTH}?|monatsletzten|month end|monatsende)"
)
EVERY_NTH_WEEKDAY: Final = _words(
    rf"{_EVERY} ({_any((*NTH, *OTHER))})[nrs]? ({_ANY_WEEKDAY})({_OF_MONTH})?"
)
EVERY_WEEKDAYS: Final = _words(rf"{_EVERY} ({_ANY_WEEKDAY}(?:(?:,| and| und| &) {_ANY_WEEKDAY})*)")
EVERY_WORKDAY: Final = _words(rf"{_EVERY} (?:weekday|workday|werktag)")
EVERY_SECOND: Final = _words(rf"{_EVERY} (?:{_any(OTHER)})[nrs]? {_UNIT}")
EVERY_NTH_UNIT: Final = _words(rf"{_EVERY} (\d{{1,3}})(?:st|nd|rd|th|\.) {_UNIT}")
EVERY_UNIT: Final = _words(rf"{_EVERY} (?:{_NUMBER} )?{_UNIT}")
# In English the same word tells of a thing, "the weekly report": it counts before a day, and last.
_ADJECTIVES: Final = [name for name in ADVERBS if name.endswith("ly")]
_ADVERBS: Final = [name for name in ADVERBS if not name.endswith("ly")]
ADVERB: Final = _words(
    rf"({_any(_ADVERBS)}|(?:{_any(_ADJECTIVES)})(?=!?,?(?:$| (?:on|from|at|starting) )))(!?)"
)
EVERY_DATE: Final = _words(
    rf"{_EVERY} (?:(\d{{1,2}})(?:\.|st|nd|rd|th)? {_MONTH}\.?|{_MONTH} (\d{{1,2}})(?:st|nd|rd|th)?)"
)
ISO: Final = _words(rf"{_BEFORE}(\d{{4}}-\d{{2}}-\d{{2}})")
GERMAN_DAY: Final = _words(rf"{_BEFORE}(\d{{1,2}})\.(\d{{1,2}})\.(\d{{4}})?")
DAY_MONTH: Final = _words(
    rf"{_BEFORE}(\d{{1,2}})(?:\.|st|nd|rd|th)? (?:of )?{_MONTH}\.?(?: (\d{{4}}))?"
)
MONTH_DAY: Final = _words(rf"{_BEFORE}{_MONTH}\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?")
NEAR_DAY: Final = _words(rf"{_BEFORE}({_any(NEAR)})")
IN_UNITS: Final = _words(rf"in {_NUMBER} {_UNIT}")
WEEKDAY: Final = _words(rf"{_BEFORE}{_NEXT}({_WEEKDAY})")
SHORT_WEEKDAY: Final = _words(rf"(?:{_LED} (?:the )?{_NEXT}|{_THIS} )({_SHORT})|({_LAST})(?=$)")
# Month and day, or day and month: one of them must be beyond twelve.
SLASHED: Final = _words(rf"{_BEFORE}(\d{{1,2}})/(\d{{1,2}})(?:/(\d{{4}}))?")
CLOCK: Final = _words(r"(?:at |um |by |bis )?(\d{1,2}):(\d{2})(?: ?uhr)?( ?[ap]m)?")
HOUR: Final = _words(r"(?:at |um |by |bis )?(\d{1,2}) ?(am|pm|uhr)")
# Looked for when the day is taken out: "call at 9 tomorrow", but not "meet at 9 Main Street".
BARE_HOUR: Final = _words(r"(?:at|um|gegen) (\d{1,2})(?=$|,)")
