"""The audit trail of a transaction in words: what was done, by whom, and from what to what."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.models import Category, FinancialAccount, LedgerChange, Tag
from finance.money import Money
from finance.templatetags.money import plain_money
from jobs.titles import title_of

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

VERBS: Final[dict[str, StrPromise]] = {
    "post": gettext_lazy("Booked"),
    "propose": gettext_lazy("Proposed"),
    "accept": gettext_lazy("Accepted"),
    "edit": gettext_lazy("Changed"),
    "void": gettext_lazy("Voided"),
    "merge": gettext_lazy("Merged"),
    "unmerge": gettext_lazy("Parted again"),
    "transfer": gettext_lazy("Linked as a transfer"),
    "refund": gettext_lazy("Linked as a refund"),
    "unlink": gettext_lazy("Link removed"),
    "rename": gettext_lazy("Merchant renamed"),
}
# In the order of the page. What is not named here is bookkeeping of our own.
FIELDS: Final[dict[str, StrPromise]] = {
    "booked_on": gettext_lazy("Date"),
    "account_id": gettext_lazy("Account"),
    "amount_minor": gettext_lazy("Amount"),
    "merchant": gettext_lazy("Merchant"),
    "description": gettext_lazy("Description"),
    "splits": gettext_lazy("Category"),
    "tags": gettext_lazy("Tags"),
    "notes": gettext_lazy("Notes"),
    "is_one_time": gettext_lazy("Happens only once"),
}
LONGEST: Final = 120


@dataclass(frozen=True, slots=True)
class Told:
    """One entry. `details` are sentences, of what changed; none for a new row."""

    at: datetime
    label: str
    who: str
    note: str
    details: tuple[str, ...]


def told(changes: Iterable[LedgerChange], currency: str) -> list[Told]:
    """At most three queries, for the names of what the entries refer to."""
    listed = list(changes)
    words = _Words(listed, currency)
    return [
        Told(
            change.at,
            str(VERBS.get(change.verb, change.verb)),
            _actor(change),
            change.note,
            tuple(words.details(change)),
        )
        for change in listed
    ]


def _actor(change: LedgerChange) -> str:
    """A person's name; of a machine, what it was doing."""
    if change.actor_kind == "job":
        return title_of(change.actor)
    return change.actor or change.actor_kind


class _Words:
    def __init__(self, changes: Sequence[LedgerChange], currency: str) -> None:
        self._currency = currency
        values = [side for change in changes for side in (change.before, change.after)]
        accounts = {side["account_id"] for side in values if side.get("account_id")}
        tags = {pk for side in values for pk in side.get("tags") or ()}
        splits = [part for side in values for part in side.get("splits") or ()]
        categories = {part["category_id"] for part in splits if part.get("category_id")}
        self._accounts = _names(FinancialAccount, accounts, str)
        self._tags = _names(Tag, tags, str)
        self._categories = _names(Category, categories, lambda row: row.label)

    def details(self, change: LedgerChange) -> Iterable[str]:
        if not change.before:
            return
        for name, label in FIELDS.items():
            if name not in change.after:
                continue
            before, after = self._said(name, change.before), self._said(name, change.after)
            if before != after:
                yield _("%(field)s: %(before)s → %(after)s") % {
                    "field": label, "before": before, "after": after,
                }  # fmt: skip

    def _said(self, name: str, side: Mapping[str, Any]) -> str:
        value = side.get(name)
        if name == "is_one_time":
            return _("yes") if value else _("no")
        if value in (None, "", []):
            return "–"
        if name == "amount_minor":
            return plain_money(Money(value, side.get("currency", self._currency)))
        if name == "booked_on":
            return date_format(date.fromisoformat(value), "SHORT_DATE_FORMAT")
        if name == "account_id":
            return self._accounts.get(value, "?")
        if name == "tags":
            return ", ".join(self._tags.get(pk, "?") for pk in value)
        if name == "splits":
            return self._parts(value)
        return str(value)[:LONGEST]

    def _parts(self, parts: Sequence[Mapping[str, Any]]) -> str:
        named = [
            self._categories.get(part["category_id"] or "", _("No category")) for part in parts
        ]
        if len(parts) == 1:
            return named[0]
        amounts = [plain_money(Money(part["amount_minor"], self._currency)) for part in parts]
        return ", ".join(f"{name} {amount}" for name, amount in zip(named, amounts, strict=True))


def _names(model: Any, ids: Iterable[str], name: Callable[[Any], str]) -> dict[str, str]:
    wanted = list(ids)
    rows = model.objects.filter(pk__in=wanted) if wanted else ()
    return {str(row.pk): name(row) for row in rows}
