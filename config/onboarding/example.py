"""How money and dates will be written, shown before it is chosen."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.safestring import SafeString

from finance.money import Money, exponent

# In thousandths of the currency, which no currency's scale exceeds but for a few units of account.
PURCHASE, SALARY, BALANCE = -23_450, 2_850_000, 1_234_567


def example(request: HttpRequest, chosen: Mapping[str, Any]) -> SafeString:
    """A purchase, a salary, a balance and this moment in the chosen `language`, `currency` and
    `time_zone`, which must be known ones."""
    currency = str(chosen["currency"])
    context = {
        "purchase": _amount(PURCHASE, currency),
        "salary": _amount(SALARY, currency),
        "balance": _amount(BALANCE, currency),
        "now": timezone.now(),
        "language": chosen["language"],
    }
    zone = zoneinfo.ZoneInfo(str(chosen["time_zone"]))
    with translation.override(chosen["language"]), timezone.override(zone):
        return render_to_string("config/onboarding/_example.html", context, request)


def _amount(thousandths: int, currency: str) -> Money:
    return Money(thousandths * 10 ** exponent(currency) // 1000, currency)
