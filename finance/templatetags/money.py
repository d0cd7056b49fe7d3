"""Money as people write it where they live."""

from __future__ import annotations

import re
from copy import copy
from functools import cache
from typing import Any

from babel import Locale
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, to_locale

from finance.money import Money, exponent

register = template.Library()

# CLDR's pattern puts "¤" right before the digits, which suits "€" but not a code such as "HUF".
_CODE_MEETS_DIGIT = re.compile(r"(?<=[A-Z])(?=\d)")


@register.filter
def plain_money(value: Money | None) -> str:
    """`−€1,234.50`, `1.234,50 €`: in the page's language and the currency's own scale, with a real
    minus sign. "" for nothing."""
    if value is None:
        return ""
    locale = to_locale(get_language() or "en")
    text: str = _pattern(locale, exponent(value.currency)).apply(
        value.decimal, locale, currency=value.currency, currency_digits=False
    )
    return _CODE_MEETS_DIGIT.sub("\N{NO-BREAK SPACE}", text).replace("-", "\N{MINUS SIGN}")


@register.filter
def money(value: Money | None, style: str = "") -> SafeString | str:
    """The amount as a `.money` element. "signed" marks income with a plus and its colour, as in a
    list of movements; without it only a negative amount carries a sign."""
    if value is None:
        return ""
    income = style == "signed" and value.minor > 0
    return format_html(
        '<span class="money{}">{}{}</span>',
        " in" if income else "",
        "+" if income else "",
        plain_money(value),
    )


@register.filter
def spent(value: Money) -> SafeString | str:
    """What went out, without a sign; where more came in, that, with a plus."""
    return money(-value, "signed") if value.minor < 0 else money(value)


@register.simple_tag
def money_of(minor: int, currency: str) -> SafeString | str:
    """As `money`, of a plain row's minor units."""
    return money(Money(minor, currency), "signed")


@cache
def _pattern(locale: str, decimals: int) -> Any:
    pattern = copy(Locale.parse(locale).currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern
