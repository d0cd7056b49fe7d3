"""What happened, in a person's words: the title of what names nobody, the value of a field."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# As readers name them (`extraction.reading.Event`).
EVENTS: Final[dict[str, Promise]] = {
    "purchase": _("Purchase"),
    "hold": _("Hold"),
    "withdrawal": _("Withdrawal"),
    "deposit": _("Deposit"),
    "transfer_out": _("Transfer out"),
    "transfer_in": _("Transfer in"),
    "card_payment": _("Card payment"),
    "refund": _("Refund"),
    "fee": _("Fee"),
    "interest": _("Interest"),
    "salary": _("Salary"),
    "declined": _("Declined"),
    "scheduled": _("Scheduled"),
    "due": _("Due"),
    "statement": _("Statement"),
    "balance": _("Balance"),
    "notice": _("Notice"),
    "one_time_code": _("One-time code"),
    "order": _("Order"),
    "promotion": _("Promotion"),
    "other": _("Something else"),
}


def event_label(code: str) -> str:
    """“card_payment” as “Card payment”; "" for none."""
    return str(EVENTS.get(code, code.replace("_", " ").capitalize()))
