"""Why two reports seem to belong together, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from finance.matching.scoring import Why

PLAIN: Final = {
    Why.SAME_AMOUNT: gettext_lazy("same amount"),
    Why.SAME_ORIGINAL: gettext_lazy("same original amount"),
    Why.PREAUTHORISED: gettext_lazy("another amount was reserved beforehand"),
    Why.SAME_ACCOUNT: gettext_lazy("same account"),
    Why.ACCOUNT_UNKNOWN: gettext_lazy("the message names no account"),
    Why.MERCHANT_ALIKE: gettext_lazy("merchant alike"),
    Why.MERCHANT_PARTLY: gettext_lazy("merchant alike in part"),
    Why.MERCHANT_DIFFERS: gettext_lazy("other merchant"),
    Why.SAME_REFERENCE: gettext_lazy("same reference"),
    Why.SAME_TIME: gettext_lazy("same time of day"),
    Why.HOLD_POSTED: gettext_lazy("first reserved, then booked"),
    Why.SAME_SENDER: gettext_lazy("told twice by one sender"),
    Why.BOTH_TRANSFERS: gettext_lazy("both told as a transfer"),
    Why.ONE_TRANSFER: gettext_lazy("one told as a transfer"),
    Why.NAMES_ACCOUNT: gettext_lazy("one names the other's account"),
    Why.CARD_BILL: gettext_lazy("a card's bill is paid"),
    Why.IS_REFUND: gettext_lazy("told as a refund"),
}


def reason_words(reasons: Iterable[Mapping[str, Any]]) -> list[str]:
    return [_words(str(reason["code"]), int(reason.get("value") or 0)) for reason in reasons]


def sentence(reasons: Iterable[Mapping[str, Any]]) -> str:
    """“Same amount, same account, 2 days apart, merchant alike”."""
    text = ", ".join(reason_words(reasons))
    return text[:1].upper() + text[1:]


def _words(code: str, value: int) -> str:
    if code == Why.DAYS_APART:
        if value == 0:
            return _("same day")
        return ngettext("%(n)d day apart", "%(n)d days apart", value) % {"n": value}
    percent = {"percent": f"{value / 10:.1f}"}
    if code == Why.TIP_ADDED:
        return _("%(percent)s %% more than was reserved, as with a tip") % percent
    if code == Why.PART_OF_AMOUNT:
        return _("%(percent)s %% of the amount") % percent
    if code == Why.RATE_WITHIN:
        return _("within %(percent)s %% of that day's exchange rate") % percent
    plain = PLAIN.get(Why(code)) if code in set(Why) else None
    return str(plain) if plain else code
