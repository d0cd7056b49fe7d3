"""Every kind of notice: its words, who is told, and how, unless they chose otherwise.

Words are in every catalogue language. `%(name)s` stands for a fact, written as the reader's
language writes it (see `facts`). To add one: a line here, and the translations.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Frequency

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice."""

    name: Words
    """For the page of preferences."""
    title: Words
    text: Words
    permission: str
    """Who may know: members who hold it (all of them, parted by blanks) are told, unless `notify`
    names people."""
    email: Frequency = Frequency.DAILY
    is_urgent: bool = False
    """Goes out at once whatever the hour, and cannot be switched off: it protects the account."""

    @property
    def push(self) -> bool:
        """Whether devices are told, unless a person chose otherwise: what cannot wait."""
        return self.email == Frequency.NOW

    def may_know(self, codes: Collection[str]) -> bool:
        """Whether a role with these permission codes may be told."""
        return all(code in codes for code in self.permission.split())


NOW, DAILY, WEEKLY = Frequency.NOW, Frequency.DAILY, Frequency.WEEKLY

KINDS: Final[dict[str, Kind]] = {
    "budget_threshold": Kind(
        _("Budget nearly spent"),
        _("%(budget)s: %(percent)s %% spent"),
        _("%(spent)s of %(limit)s are spent. The budget runs until %(until)s."),
        "transactions:read",
    ),
    "recurring_due": Kind(
        _("Recurring transaction soon due"),
        _("%(name)s is due on %(date)s"),
        _("%(amount)s will be due on %(date)s."),
        "transactions:read",
    ),
    "recurring_posted": Kind(
        _("Recurring transactions recorded"),
        _("Recurring transactions recorded: %(count)s"),
        _("%(names)s"),
        "transactions:read",
    ),
    "recurring_missed": Kind(
        _("An expected charge did not come"),
        _("%(name)s did not come"),
        _("%(amount)s was expected on %(date)s, and no message told of it."),
        "transactions:read",
    ),
    "bill_due": Kind(
        _("Bill due"),
        _("%(name)s: %(amount)s due on %(date)s"),
        _("Pay %(amount)s to %(name)s by %(date)s."),
        "transactions:read",
        NOW,
    ),
    "bill_overdue": Kind(
        _("Bill overdue"),
        _("%(name)s: %(amount)s was due on %(date)s"),
        _("No payment of it has been seen."),
        "transactions:read",
        NOW,
    ),
    "price_rise": Kind(
        _("Price rise"),
        _("%(name)s costs more: %(new)s"),
        _("It was %(old)s before and is %(new)s from %(date)s."),
        "transactions:read",
        NOW,
    ),
    "cancelled_charged": Kind(
        _("Charged although cancelled"),
        _("%(name)s has charged %(amount)s although you cancelled it"),
        _("You cancelled it on %(cancelled)s; the charge came on %(date)s."),
        "transactions:read",
        NOW,
    ),
    "trial_ends": Kind(
        _("Trial ends"),
        _("Your trial of %(name)s ends on %(date)s"),
        _("Cancel before %(date)s unless you want to pay %(amount)s."),
        "transactions:read",
        NOW,
    ),
    "refund_overdue": Kind(
        _("A promised refund did not come"),
        _("%(name)s: refund of %(amount)s is overdue"),
        _("It was promised on %(promised)s and expected by %(date)s."),
        "transactions:read",
    ),
    "mailbox_reconnect": Kind(
        _("Mailbox needs reconnecting"),
        _("%(mailbox)s needs to be connected again"),
        _("Its provider no longer lets Inledger read it, so new mail is not fetched. %(reason)s"),
        "mail:write",
        NOW,
    ),
    "sender_drift": Kind(
        _("A sender's messages have changed"),
        _("%(sender)s writes differently"),
        _("Fewer of its messages can be read than before: %(now)s instead of %(before)s of 100."),
        "transactions:read",
    ),
    "mail_missing": Kind(
        _("Expected mail did not come"),
        _("No messages about %(account)s since %(date)s"),
        _("Usually one comes every %(days)s days. Is the bank still set to send them?"),
        "transactions:read",
    ),
    "review_waiting": Kind(
        _("Questions wait for you"),
        _("Questions that wait for you: %(count)s"),
        _("The oldest has waited since %(date)s."),
        "transactions:write",
    ),
    "import_finished": Kind(
        _("Import finished"),
        _("%(name)s has been imported"),
        _("Messages read: %(stored)s. Known already: %(known)s. Not readable: %(unreadable)s."),
        "transactions:read",
        Frequency.OFF,
    ),
    "statement_booked": Kind(
        _("Statement booked"),
        _("%(name)s has been booked"),
        _("New: %(new)s. Known from messages: %(matched)s. Imported before: %(known)s."
          " Not readable: %(unreadable)s."),
        "transactions:read",
        Frequency.OFF,
    ),
    "job_dead": Kind(
        _("Background work failed for good"),
        _("%(job)s failed"),
        _("It was tried %(attempts)s times. %(error)s"),
        "jobs:write",
    ),
    "new_device": Kind(
        _("Sign-in from a new device"),
        _("Somebody signed in from %(address)s"),
        _("It was at %(time)s. If it was not you, change your password now."),
        "",
        NOW,
        is_urgent=True,
    ),
    "looked_at": Kind(
        _("An operator looked at your ledger"),
        _("%(person)s looked at your ledger as you see it"),
        _("It was at %(time)s, for half an hour at most and without your secrets. The reason:"
          " %(reason)s"),
        "",
        NOW,
    ),
    "invitation": Kind(
        _("Invitation to another ledger"),
        _("You are invited to %(tenant)s"),
        _("%(person)s invites you. The link to accept is in the mail to %(address)s, and opens"
          " until %(until)s."),
        "",
        # The invitation is a mail of its own, with the link.
        Frequency.OFF,
    ),
    "member_joined": Kind(
        _("Somebody joined"),
        _("%(person)s joined %(tenant)s"),
        _("They may do what the role “%(role)s” allows."),
        "members:write",
    ),
    "reminder": Kind(
        _("Reminders"), _("%(title)s"), _("%(note)s"), "", NOW
    ),
    "task_due": Kind(
        _("Task due"), _("%(title)s is due %(date)s"), _("%(note)s"), "tasks:read"
    ),
    "weekly_summary": Kind(
        _("Weekly summary"),
        _("Your week until %(date)s: %(spent)s spent, %(earned)s received"),
        _("Spent on:\n%(categories)s\n\nIn the accounts:\n%(balances)s"),
        "transactions:read accounts:read",
        WEEKLY,
    ),
}  # fmt: skip


def kind_named(name: str) -> Kind:
    """Raises LookupError with the kinds that exist."""
    try:
        return KINDS[name]
    except KeyError:
        raise LookupError(f"“{name}” is no kind of notice; there are {', '.join(KINDS)}.") from None


def words(kind: str, facts: dict[str, Any]) -> tuple[str, str]:
    """Title and text in the active language. A fact that is not there reads “–”; a kind that a
    newer version has dropped reads as its name."""
    if kind not in KINDS:
        return kind, ""
    known = _Forgiving(facts)
    return str(KINDS[kind].title) % known, (str(KINDS[kind].text) % known).strip()


class _Forgiving(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "–"
