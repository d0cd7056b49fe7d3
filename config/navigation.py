"""Where one can go: the navigation of every page, as data.

A new page is one more `Place` here; the margin, the bottom bar and “More” sheet of a phone, the
settings' menu and the Ctrl+K palette all follow. What somebody may not see is left out; the pages
check for themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from config.context import Frame

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Place:
    """One page. `address` names its URL, `permission` is a code of `tenancy.permissions` that
    seeing it needs; `count` tells how much waits there; `is_exact`: addresses below it are other
    places."""

    address: str
    label: Label
    icon: str
    permission: str = ""
    count: Callable[[Frame], int] | None = None
    is_exact: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    label: Label
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A place as one person sees it from one page."""

    href: str
    label: Label
    icon: str
    address: str
    is_current: bool
    count: Callable[[], int] | None = None


@dataclass(frozen=True, slots=True)
class Links:
    label: Label
    links: list[Link] = field(default_factory=list)


def _waiting(frame: Frame) -> int:
    return frame.review_count


def _unread(frame: Frame) -> int:
    return frame.unread_count


# The first group is the bottom bar of a phone, which has four seats; the rest is in its “More”.
MAIN: Final = (
    Group("", (
        Place("dashboard", _("Overview"), "overview", is_exact=True),
        Place("transactions", _("Transactions"), "transactions", "transactions:read"),
        Place("review", _("Review"), "review", "transactions:read", _waiting),
        Place("accounts", _("Accounts"), "account", "accounts:read"),
    )),
    Group(_("Plan and understand"), (
        Place("budgets", _("Budgets"), "budget", "transactions:read"),
        Place("recurring", _("Recurring and bills"), "refresh", "transactions:read"),
        Place("tasks", _("Tasks"), "review", "tasks:read"),
        Place("reminders", _("Reminders"), "bell", "tasks:read"),
        Place("contacts", _("Contacts"), "people", "contacts:read"),
        Place("rules", _("Rules"), "check", "transactions:read"),
        Place("analytics", _("Analytics"), "analytics", "transactions:read"),
        Place("merchants", _("Merchants"), "shop", "transactions:read"),
        Place("tags", _("Tags"), "tag", "transactions:read"),
    )),
    Group(_("Where it comes from"), (
        Place("statements", _("Import and export"), "upload", "transactions:read"),
        Place("emails", _("E-mails"), "mail", "mail:read"),
        Place("sources", _("Connected accounts"), "source", "mail:read"),
        Place("mail_settings", _("Mail rules"), "filter", "mail:read"),
        Place("reading", _("How mail is read"), "eye", "mail:read"),
        Place("jobs", _("Jobs"), "jobs", "jobs:read"),
    )),
)  # fmt: skip

FOOT: Final = (
    Group("", (
        Place("notifications", _("Notifications"), "bell", "notifications:read", _unread),
        Place("settings", _("Settings"), "settings"),
    )),
)  # fmt: skip

SETTINGS: Final = (
    Group(_("Mine"), (
        Place("settings", _("Profile and language"), "person", is_exact=True),
        Place("settings_password", _("Signing in"), "key"),
        Place("settings_notifications", _("Notifications"), "bell", "notifications:read"),
        Place("calendars", _("Calendars"), "overview", "calendars:read"),
        Place("settings_tokens", _("API tokens"), "shield", "tokens:read"),
        Place("tenants", _("All my ledgers"), "transfer"),
    )),
    Group(_("This ledger"), (
        Place("settings_ledger", _("Ledger"), "transactions", "tenant:read"),
        Place("settings_members", _("Members"), "people", "members:read"),
        Place("settings_roles", _("Roles"), "review", "members:read"),
        Place("language_models", _("Language models"), "eye", "models:read"),
        Place("webhooks", _("Webhooks"), "source", "webhooks:read"),
        Place("exchange_rates", _("Exchange rates"), "transfer", "transactions:read"),
    )),
)  # fmt: skip


def links(groups: tuple[Group, ...], frame: Frame, path: str) -> Iterator[Links]:
    """The groups as the frame's person sees them from `path`; empty groups are left out."""
    for group in groups:
        found = [
            _link(place, frame, path)
            for place in group.places
            if not place.permission or frame.has(place.permission)
        ]
        if found:
            yield Links(group.label, found)


def _link(place: Place, frame: Frame, path: str) -> Link:
    href = reverse(place.address)
    here = path == href if place.is_exact else path.startswith(href)
    count = place.count
    return Link(
        href, place.label, place.icon, place.address, here,
        (lambda: count(frame)) if count else None,
    )  # fmt: skip
