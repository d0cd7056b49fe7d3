"""What a merchant announces: a trial ends, a plan renews, a price changes, a cancellation is
confirmed, a refund is promised; and until when a purchase can be returned or has a warranty. Pure.

The phrases are data (announcements.toml). What was found quotes the message, and its day and
amount stand in the same sentence or the next; what is not there stays empty.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

from extraction.document import Document
from extraction.extractors.dates import FoundDate, settle
from extraction.extractors.findings import Findings
from extraction.extractors.gathering import gather
from extraction.extractors.phrases import Phrase, make_phrase
from extraction.reading import Evidence
from finance.money import Money


class Announces(StrEnum):
    """In the order in which one message is asked: the first that it tells is what it tells."""

    CANCELLED = "cancelled"
    PRICE_CHANGES = "price_changes"
    TRIAL_ENDS = "trial_ends"
    REFUND = "refund"
    RENEWS = "renews"
    # Said beside the others, each for itself.
    RETURN_ENDS = "return_ends"
    WARRANTY_ENDS = "warranty_ends"


@dataclass(frozen=True, slots=True)
class Announced:
    """One announcement. `day` is when it will happen; of a refund the last day, which is two weeks
    ahead where the message names none. `old_amount` is a price before the change. A deadline that
    the message states as a number of days is `counted` from its own day: what holds for a purchase
    holds only where there is one."""

    kind: Announces
    evidence: Evidence
    day: date | None = None
    amount: Money | None = None
    old_amount: Money | None = None
    counted: bool = False


DEADLINES: Final = (Announces.RETURN_ENDS, Announces.WARRANTY_ENDS)

# A refund without a day is expected within these.
REFUND_DAYS: Final = 14
FURTHEST: Final = timedelta(days=800)
LONGEST_WARRANTY: Final = timedelta(days=3_660)
# No shop takes things back for longer.
MOST_DAYS: Final = 400
MOST_MONTHS: Final = 120
_DAYS: Final = re.compile(
    r"(?<!\d)(\d{1,3})(?:\s?(?:-|–|to|bis|a|or|oder|ou|o)\s?(\d{1,3}))?[\s-]"
    r"(business|working|werk|arbeits|bank|jours ouvr|dias h|dias ut|giorni lavor|werkdagen)?"
    r"\s?(?:days?|tage|jours|dias|giorni|dagen)?"
)
# "2-year", "zwei Jahre", "24 mois", of a warranty; folded, so without accents.
_NUMBERS: Final = {
    word: number
    for number, words in {
        1: "one ein un uno une um uma een", 2: "two zwei deux dos due twee dois",
        3: "three drei trois tres tre drie", 4: "four vier quatre cuatro quattro quatro",
        5: "five funf cinq cinco cinque vijf", 10: "ten zehn dix diez dieci tien dez",
    }.items()
    for word in words.split()
}  # fmt: skip
_LENGTH: Final = re.compile(
    rf"(?<![\w.,])(\d{{1,2}}|{'|'.join(_NUMBERS)})[\s-]?(?:\(\d{{1,2}}\)\s?)?(?:"
    r"(years?|jahren?|jahr|ans?|anos?|anni|anno|jaar)"
    r"|(?:months?|monaten?|monate|mois|meses|mesi|maanden))\b"
)
# What can be bought, or has been asked about, is not had.
_OFFERED: Final = re.compile(
    r"\b(?:extend\w*|upgrade\w*|optional\w*|add|buy|available|verlanger\w*|erweiter\w*|zusatz\w*"
    r"|gegen aufpreis|option\w*|extension|ampli\w*|esten\w*|verleng\w*|no|not|without|keine|ohne)\b"
)
_UNIT: Final = re.compile(r"days?|tage|jours|dias|giorni|dagen")
# "12,99 € statt 10,99 €": the first is the new one.
_INSTEAD: Final = re.compile(r"\b(?:instead of|statt|anstelle|au lieu de|en lugar de|invece)\b")


def read_announcements(document: Document) -> tuple[Announced, ...]:
    """What a message announces: at most one thing, and the deadlines of a purchase."""
    folded = document.folded
    phrases = [
        phrase
        for words, of_language in _phrases()
        if any(word in folded for word in words)
        for phrase in of_language
    ]
    hits = sorted(
        (list(Announces).index(Announces(phrase.name)), match.start(), match.end())
        for phrase in phrases
        if (match := phrase.pattern.search(folded))
    )
    if not hits:
        return ()
    found, said = gather(document), dict[Announces, Announced]()
    for order, start, end in hits:
        kind = list(Announces)[order]
        if kind in DEADLINES:
            deadline = None if kind in said else _deadline(document, found, kind, start, end)
            said |= {kind: deadline} if deadline else {}
        elif not said:
            said[kind] = _announced(document, found, kind, start, end)
    refund = said.get(Announces.REFUND)
    if refund and refund.amount is None and Announces.RETURN_ENDS in said:
        # A shop's terms of return promise no refund.
        del said[Announces.REFUND]
    return tuple(said.values())


def _announced(
    document: Document, found: Findings, kind: Announces, start: int, end: int
) -> Announced:
    received = document.received_at.date() if document.received_at else None
    first, last = _around(found, start, end)
    amounts = [
        amount.money
        for amount in found.amounts
        if first <= amount.start < last and amount.money is not None and not amount.ambiguous
    ]
    day = _day(document, found, received, first, last)
    if kind is Announces.REFUND and received is not None:
        # "5-10 business days" looks like a date as well.
        days = _days(document.folded[first:last])
        day = received + timedelta(days) if days else day or received + timedelta(REFUND_DAYS)
    amount, old = _prices(kind, amounts, document.folded[first:last])
    return Announced(kind, document.evidence(start, end), day, amount, old)


def _around(found: Findings, start: int, end: int) -> tuple[int, int]:
    """The sentence of the phrase and the one after it; from a subject, three of the body."""
    first, last = found.segments.bounds(start)
    last = max(last, end)
    for _ in range(1 if first else 4):
        if last < found.segments.end:
            last = found.segments.bounds(last)[1]
    return first, last


def _day(
    document: Document, found: Findings, received: date | None, first: int, last: int
) -> date | None:
    """The first day named there that is still to come, or has just been."""
    for one in found.dates:
        if first <= one.start < last:
            days = [day for day in _orders(one, received) if _is_ahead(day, received)]
            if day := _meant(document, one, days):
                return day
    return None


def _meant(document: Document, one: FoundDate, days: list[date]) -> date | None:
    """ "01.06.2026" puts the day first; "01/06/2026" may be either, and is nothing."""
    dotted = "." in document.folded[one.start : one.end]
    return days[0] if len(days) == 1 or (days and dotted) else None


def _deadline(
    document: Document, found: Findings, kind: Announces, start: int, end: int
) -> Announced | None:
    """Until when: a day still to come that stands behind the phrase in its sentence, else within
    it; else, of a window to return, so many days; else a day of the next sentence. None where
    nothing is said."""
    if document.received_at is None:
        return None
    received = document.received_at.date()
    furthest = FURTHEST if kind is Announces.RETURN_ENDS else LONGEST_WARRANTY
    first, last = _around(found, start, end)
    own = max(end, found.segments.bounds(start)[1])
    evidence = document.evidence(start, end)

    def day_among(dates: list[FoundDate]) -> date | None:
        for one in dates:
            days = [d for d in _orders(one, received) if timedelta(0) < d - received <= furthest]
            if day := _meant(document, one, days):
                return day
        return None

    near = [one for one in found.dates if start <= one.start < own]
    near.sort(key=lambda one: (one.start < end, abs(one.start - end)))
    if day := day_among(near):
        return Announced(kind, evidence, day)
    count = _days(document.folded[first:own]) if kind is Announces.RETURN_ENDS else None
    if count and not near and count <= MOST_DAYS:
        return Announced(kind, evidence, received + timedelta(count), counted=True)
    if kind is Announces.WARRANTY_ENDS and not near:
        # Of a length no day of the next sentence is the end.
        months = _months(document.folded[first:own])
        ends = _months_after(received, months) if months else None
        return Announced(kind, evidence, ends, counted=True) if ends else None
    # "5-10" of the next sentence is days rather than a day.
    day = day_among([one for one in found.dates if own <= one.start < last and not one.short])
    return Announced(kind, evidence, day) if day else None


def _orders(one: FoundDate, received: date | None) -> list[date]:
    """What a date can be: the day first, then the month first."""
    sure = one._replace(ambiguous=False)
    ways = [sure, sure._replace(first=one.second, second=one.first)] if one.ambiguous else [sure]
    days = (settle(way, received, month_first=False)[0] for way in ways)
    return list(dict.fromkeys(day for day in days if day is not None))


def _is_ahead(day: date, received: date | None) -> bool:
    return received is None or timedelta(-3) <= day - received <= FURTHEST


def _days(folded: str) -> int | None:
    """ "Within 5–10 business days": 14 days."""
    for match in _DAYS.finditer(folded):
        if not _UNIT.search(folded, match.start(), match.end() + 12):
            continue
        most = max(int(match[1]), int(match[2] or 0))
        return -(-most * 7 // 5) if match[3] else most
    return None


def _months(folded: str) -> int | None:
    """How long a warranty is said to last, in months; None where two lengths are named, where it is
    offered rather than had, or for longer than ten years."""
    said = {
        (int(found[1]) if found[1].isdecimal() else _NUMBERS[found[1]]) * (12 if found[2] else 1)
        for found in _LENGTH.finditer(folded)
    }
    months = said.pop() if len(said) == 1 else 0
    return months if 0 < months <= MOST_MONTHS and not _OFFERED.search(folded) else None


def _months_after(day: date, months: int) -> date:
    """The same day so many months later, or that month's last."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, monthrange(year, month0 + 1)[1]))


def _prices(
    kind: Announces, amounts: list[Money], folded: str
) -> tuple[Money | None, Money | None]:
    """The amount, and the price before. Of several amounts none is taken, but a new price may
    stand beside the old."""
    different = list(dict.fromkeys(amounts))
    if len(different) == 1:
        return different[0], None
    if kind is not Announces.PRICE_CHANGES or len(different) != 2:
        return None, None
    old, new = different
    if _INSTEAD.search(folded):
        old, new = new, old
    return new, old


@cache
def _phrases() -> tuple[tuple[tuple[str, ...], tuple[Phrase, ...]], ...]:
    """Words and phrases by language."""
    path = Path(__file__).with_name("announcements.toml")
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return tuple(
        (
            tuple(tables["words"]),
            tuple(
                make_phrase(code, "announcement", name, text, example)
                for name, table in tables.items()
                if name != "words"
                for text, example in table.items()
            ),
        )
        for code, tables in data.items()
    )
