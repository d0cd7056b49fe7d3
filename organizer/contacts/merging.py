"""Two contacts that are one: found, merged, and parted again.

A merge gives the other what it lacks, and remembers just that; so parting takes away what is still
there of it, and leaves alone what a person has changed since.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Any, Final

from django.db.models import Count
from django.utils.translation import gettext

from organizer.address_book.card import Card, as_json, card_from, groups_of, regrouped
from organizer.contacts.keeping import (
    locked,
    one_writer,
    put_card,
    refuse_circles,
    standing,
)
from organizer.contacts.sealing import card_of, normal_email, normal_phone, opened_undo, seal_undo
from organizer.errors import OrganizerError
from organizer.models import Contact, ContactKey, ContactMerchant, ContactRelation, KeyKind

SINGLE: Final = ("nickname", "organisation", "units", "job_title", "birthday", "notes", "parts")
MANY: Final = ("emails", "phones", "urls", "addresses", "kept", "tags")
SHOWN: Final = 50


def merge_contacts(contact_id: uuid.UUID, into_id: uuid.UUID) -> Contact:
    """The first goes into the second: what the second lacks, its merchants and its relations.
    `part_contact` takes it back. Returns the one that stays. Raises NoSuchContact,
    OrganizerError."""
    if contact_id == into_id:
        raise OrganizerError(
            gettext("A contact cannot be joined with itself."), code="same_contact", field="into"
        )
    with one_writer():
        row, into = standing(contact_id), standing(into_id)
        kept, given = _joined(card_of(row), card_of(into))
        put_card(into, kept)
        told: dict[str, Any] = {"given": given, "interacted_on": ""}
        told["merchants"] = _moved(ContactMerchant, row, into, "contact")
        told["relations"] = _moved_relations(row, into, "contact", "other")
        told["relations_to"] = _moved_relations(row, into, "other", "contact")
        refuse_circles(into)
        if row.interacted_on and (not into.interacted_on or into.interacted_on < row.interacted_on):
            told["interacted_on"] = str(into.interacted_on or "-")
            into.interacted_on = row.interacted_on
            into.save(update_fields=["interacted_on"])
        row.merged_into = into
        seal_undo(row, told)
        row.save(update_fields=["merged_into", "merge_undo"])
    return into


def part_contact(contact_id: uuid.UUID) -> Contact:
    """Take back a merge. Of one that is not merged, nothing happens. Raises NoSuchContact,
    OrganizerError."""
    with one_writer():
        row = locked(contact_id)
        if row.merged_into_id is None:
            return row
        into, told = standing(row.merged_into_id), opened_undo(row)
        put_card(into, _without(card_of(into), told["given"]))
        ContactMerchant.objects.filter(pk__in=told["merchants"], contact=into).update(contact=row)
        for name, side in (("relations", "contact"), ("relations_to", "other")):
            rows = ContactRelation.objects.filter(pk__in=told[name], **{side: into})
            rows.exclude(**{"other" if side == "contact" else "contact": row}).update(**{side: row})
        if told["interacted_on"] and into.interacted_on == row.interacted_on:
            before = told["interacted_on"]
            into.interacted_on = None if before == "-" else before
            into.save(update_fields=["interacted_on"])
        row.merged_into, row.merge_undo = None, ""
        row.save(update_fields=["merged_into", "merge_undo"])
    return row


def duplicates() -> list[tuple[Contact, Contact]]:
    """Pairs of contacts that share an e-mail address, a phone number or their name; the older one
    first, and at most fifty."""
    shared = (
        ContactKey.objects.filter(contact__merged_into=None)
        .exclude(kind=KeyKind.DOMAIN)
        .order_by().values("index")
        .annotate(n=Count("contact", distinct=True)).filter(n__gt=1)
        .values_list("index", flat=True)[:SHOWN]
    )  # fmt: skip
    pairs: dict[frozenset[uuid.UUID], None] = {}
    by_index: dict[str, list[uuid.UUID]] = {}
    for index, contact_id in (
        ContactKey.objects.filter(index__in=list(shared), contact__merged_into=None)
        .order_by("contact_id").values_list("index", "contact_id")
    ):  # fmt: skip
        by_index.setdefault(index, []).append(contact_id)
    named = (
        Contact.objects.filter(merged_into=None).order_by().values("key")
        .annotate(n=Count("id")).filter(n__gt=1)
        .values_list("key", flat=True)[:SHOWN]
    )  # fmt: skip
    same = Contact.objects.filter(key__in=list(named), merged_into=None).order_by("id")
    for key, contact_id in same.values_list("key", "id"):
        by_index.setdefault(f"name {key}", []).append(contact_id)
    for ids in by_index.values():
        first, *others = dict.fromkeys(ids)
        pairs |= {frozenset((first, other)): None for other in others}
    found = Contact.objects.in_bulk({pk for pair in pairs for pk in pair})
    return [_in_order(found, pair) for pair in list(pairs)[:SHOWN]]


def _in_order(
    found: dict[uuid.UUID, Contact], pair: frozenset[uuid.UUID]
) -> tuple[Contact, Contact]:
    first, second = sorted(pair)
    return found[first], found[second]


def join_cards(card: Card, into: Card) -> Card:
    """The second with what it lacks of the first."""
    return _joined(card, into)[0]


def _joined(card: Card, into: Card) -> tuple[Card, dict[str, Any]]:
    """The joined card, and what was given to it."""
    card = regrouped(card, groups_of(into))
    single = {
        name: getattr(card, name) for name in SINGLE
        if _is_empty(getattr(into, name)) and not _is_empty(getattr(card, name))
    }  # fmt: skip
    many: dict[str, tuple[Any, ...]] = {}
    for name in MANY:
        known = {_same(name, row) for row in getattr(into, name)}
        many[name] = tuple(row for row in getattr(card, name) if _same(name, row) not in known)
    changed: dict[str, Any] = single | {
        name: getattr(into, name) + new for name, new in many.items()
    }
    joined = replace(into, **changed)
    told: dict[str, Any] = single | many
    given = as_json(replace(Card(""), **told))
    return joined, given


def _without(card: Card, given: dict[str, Any]) -> Card:
    """The card without what a merge gave it, as far as that is still there."""
    told = card_from(given)
    changed: dict[str, Any] = {
        name: type(getattr(card, name))() for name in SINGLE
        if not _is_empty(getattr(told, name)) and getattr(card, name) == getattr(told, name)
    }  # fmt: skip
    for name in MANY:
        gone = {_same(name, row) for row in getattr(told, name)}
        changed[name] = tuple(row for row in getattr(card, name) if _same(name, row) not in gone)
    return replace(card, **changed)


def _is_empty(value: Any) -> bool:
    return not any(value.parts) if hasattr(value, "parts") else not value


def _same(name: str, row: Any) -> Any:
    """By what two entries are one."""
    match name:
        case "emails":
            return normal_email(row.value)
        case "phones":
            return normal_phone(row.value) or row.value
        case "addresses":
            return tuple(part.casefold() for part in row.parts)
        case "urls":
            return row.value
    return row


def _moved(model: Any, row: Contact, into: Contact, side: str) -> list[str]:
    rows = model.objects.filter(**{side: row})
    ids = [str(pk) for pk in rows.values_list("pk", flat=True)]
    rows.update(**{side: into})
    return ids


def _moved_relations(row: Contact, into: Contact, side: str, far: str) -> list[str]:
    """Relations go to the one that stays, but for those that it has itself, and with itself."""
    known = set(ContactRelation.objects.filter(**{side: into}).values_list(f"{far}_id", "kind"))
    moved = []
    for relation in ContactRelation.objects.filter(**{side: row}).exclude(**{far: into}):
        if (getattr(relation, f"{far}_id"), relation.kind) not in known:
            ContactRelation.objects.filter(pk=relation.pk).update(**{side: into})
            moved.append(str(relation.pk))
    return moved
