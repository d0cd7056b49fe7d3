"""Contacts as lists and pages show them: found, with what was paid to them and what they wrote."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet

from finance.ledger.naming import key_of
from finance.merchants.reading import Sums, sums_of
from finance.models import Merchant, Transaction, TransactionState
from finance.money import Money
from finance.querysets import list_rows
from mail_ingest.models import Email
from organizer.address_book.card import Card
from organizer.contacts.sealing import card_of, indexes_of, normal_email
from organizer.models import Contact, ContactKey, ContactMerchant, Task, TaskLink, TaskState
from organizer.querysets import ORDER
from tenancy.permissions import may

LATEST: Final = 20
LATEST_MAIL: Final = 10
SOONEST: Final = 20
MOST_FOUND: Final = 1_000


@dataclass(slots=True)
class Shown:
    """A contact with its card, and what the ledger has of its merchants. `paid` and `last_paid_on`
    stay empty for who may not see transactions."""

    row: Contact
    card: Card
    merchants: list[Merchant] = field(default_factory=list)
    paid: list[Money] = field(default_factory=list)
    transactions: int = 0
    last_paid_on: date | None = None

    @property
    def last_interaction(self) -> date | None:
        return max(filter(None, (self.row.interacted_on, self.last_paid_on)), default=None)


def contacts() -> QuerySet[Contact]:
    """Those that are not merged into others."""
    rows: QuerySet[Contact] = Contact.objects.filter(merged_into=None)
    return rows.order_by("key", "id")


def matching(rows: QuerySet[Contact], text: str) -> QuerySet[Contact]:
    """Those that have a text as their e-mail address, its domain or their phone number (whole:
    these are encrypted); where nobody has, those whose name, organisation or tag holds it."""
    if "@" in text or sum(map(str.isdigit, text)) > 4:
        keys = ContactKey.objects.filter(
            index__in=indexes_of(text), contact__merged_into=None
        ).order_by()
        # Asked first, and by itself: names are read from the first to the last.
        if ids := list(keys.values_list("contact_id", flat=True)[:MOST_FOUND]):
            return rows.filter(pk__in=ids)
    return rows.filter(search__contains=key_of(text))


def tagged(rows: QuerySet[Contact], tag: str) -> QuerySet[Contact]:
    return rows.filter(search__contains=f"\n#{key_of(tag)}\n")


def shown(rows: Sequence[Contact], *, whole: bool = False) -> list[Shown]:
    """With what the ledger has of them: two queries for a page."""
    found = [Shown(row, card_of(row, whole=whole)) for row in rows]
    if not may("transactions:read"):
        return found
    by_id = {each.row.pk: each for each in found}
    links = ContactMerchant.objects.filter(contact__in=by_id).select_related("merchant")
    for link in links.order_by("merchant__name"):
        by_id[link.contact_id].merchants.append(link.merchant)
    sums = sums_of(merchant.name for each in found for merchant in each.merchants)
    for each in found:
        _add_up(each, [sums[m.name] for m in each.merchants if m.name in sums])
    return found


def _add_up(each: Shown, sums: Iterable[Sums]) -> None:
    paid: dict[str, Money] = {}
    for one in sums:
        each.transactions += one.count
        each.last_paid_on = max(filter(None, (each.last_paid_on, one.last_on)), default=None)
        for money in one.spent:
            before = paid.get(money.currency)
            paid[money.currency] = money if before is None else before + money
    each.paid = list(paid.values())


def transactions_with(merchants: Iterable[Merchant]) -> list[Any]:
    """The latest of them, as rows of a list."""
    names = [merchant.name for merchant in merchants]
    rows = Transaction.objects.filter(merchant__in=names).exclude(state=TransactionState.VOID)
    return list(list_rows(rows)[:LATEST]) if names else []


def messages_of(card: Card) -> list[Email]:
    """The latest that came from its addresses."""
    senders = Q()
    for entry in card.emails:
        address = normal_email(entry.value)
        whole = not address.startswith("@")
        senders |= Q(**{"from_address__iexact" if whole else "from_address__iendswith": address})
    if not senders:
        return []
    return list(Email.objects.filter(senders).order_by("-received_at", "-id")[:LATEST_MAIL])


def tasks_of(row: Contact) -> list[Task]:
    """Open ones that are about it, or about what was merged into it; soonest first."""
    theirs = Q(contact=row) | Q(contact__merged_into=row)
    linked = TaskLink.objects.filter(theirs).values("task")
    rows = Task.objects.filter(pk__in=linked, state=TaskState.OPEN)
    return list(rows.order_by(*ORDER)[:SOONEST])


def suggested_merchants(card: Card, linked: Iterable[uuid.UUID]) -> list[Merchant]:
    """Merchants that read like the contact, or write from a domain of its addresses."""
    domains = {normal_email(entry.value).rpartition("@")[2] for entry in card.emails}
    names = {key_of(card.name), key_of(card.organisation)} - {""}
    alike = Q(key__in=names) | Q(sender_domain__in=domains - {""})
    free = Merchant.objects.filter(alike, merged_into=None, contact_links=None)
    return list(free.exclude(pk__in=list(linked)).order_by("name")[:5])
