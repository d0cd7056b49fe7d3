"""Facts of a notice: stored without a language, written in the reader's.

{"name": "Rent", "amount": {"amount": "900.00", "currency": "EUR"},
 "date": {"date": "2026-11-30"}, "time": {"instant": "2026-11-30T08:00:00+00:00"},
 "category": {"words": {"en": "Groceries", "de": "Lebensmittel"}},
 "balances": {"lines": [["Giro", {"amount": "84.50", "currency": "EUR"}]]}}
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal
from django.conf import settings
from django.utils import translation

VEIL = "•••"


def money(amount: Decimal, currency: str) -> dict[str, str]:
    """An amount in major units and its ISO currency."""
    return {"amount": str(amount), "currency": currency}


def words(text: Callable[[], str]) -> dict[str, dict[str, str]]:
    """What is said differently in each language: `text` is called with each of them active."""
    said = {}
    for language, _ in settings.LANGUAGES:
        with translation.override(language):
            said[language] = str(text())
    return {"words": said}


def lines(rows: Iterable[tuple[Any, Any]]) -> dict[str, list[list[Any]]]:
    """A list of labels and values, one a line; each is a fact of its own."""
    return {"lines": [[_stored(label), _stored(value)] for label, value in rows]}


def stored(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON can hold them. Dates and times may be given as such; amounts by `money`."""
    return {name: _stored(value) for name, value in facts.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"instant": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if value is None or isinstance(value, (int, dict)):
        return value
    return str(value)


def written(
    facts: Mapping[str, Any], language: str, time_zone: str, *, shows_amounts: bool = True
) -> dict[str, str]:
    """Stored facts as text for one reader. Amounts that are not shown read “•••”."""
    locale = language.replace("-", "_")
    known = facts if shows_amounts else {name: _veiled(value) for name, value in facts.items()}
    return {name: _written(value, locale, time_zone) for name, value in known.items()}


def _veiled(value: Any) -> Any:
    if isinstance(value, dict) and "currency" in value:
        return VEIL
    if isinstance(value, dict) and "lines" in value:
        return {"lines": [[_veiled(part) for part in row] for row in value["lines"]]}
    return value


def _dated(locale: str) -> str:
    """The locale whose dates are those of the pages, which in English have the day first."""
    return "en_GB" if locale == "en" else locale


def _written(value: Any, locale: str, time_zone: str) -> str:
    if isinstance(value, dict) and "currency" in value:
        return format_currency(Decimal(value["amount"]), value["currency"], locale=locale)
    if isinstance(value, dict) and "date" in value:
        return format_date(date.fromisoformat(value["date"]), "medium", locale=_dated(locale))
    if isinstance(value, dict) and "instant" in value:
        moment = datetime.fromisoformat(value["instant"])
        zone = zoneinfo.ZoneInfo(time_zone)
        return format_datetime(moment, "medium", tzinfo=zone, locale=_dated(locale))
    if isinstance(value, dict) and "words" in value:
        said = value["words"]
        return str(said.get(locale) or next(iter(said.values()), ""))
    if isinstance(value, dict) and "lines" in value:
        rows = [[_written(part, locale, time_zone) for part in row] for row in value["lines"]]
        return "\n".join(": ".join(row) for row in rows) or "–"
    if isinstance(value, int):
        return format_decimal(value, locale=locale)
    return "" if value is None else str(value)
