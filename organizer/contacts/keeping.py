"""Adding, changing and removing contacts, and whom they belong with."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import date
from typing import Any, Final

from django.db import connection, transaction
from django.utils.translation import gettext

from finance.models import Merchant
from organizer.address_book.card import ORGANISATION, PERSON, Address, Card, Entry, Name
from organizer.contacts.sealing import card_of, keys_of, seal
from organizer.errors import NoSuchContact, OrganizerError
from organizer.models import (
    Contact,
    ContactKey,
    ContactMerchant,
    ContactRelation,
    RelationKind,
)
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

MOST_ENTRIES: Final = 50
MOST_TAGS: Final = 50
LONGEST: Final = {
    "name": 200, "nickname": 200, "organisation": 200, "job_title": 200, "notes": 20_000,
}  # fmt: skip
LONGEST_VALUE: Final = 500
BIRTHDAY: Final = re.compile(r"(?:\d{4}-\d{2}-\d{2}|--\d{4})?")
EMAIL: Final = re.compile(r"[^@\s]*@[^@\s]+")
LISTS: Final = {"emails": Entry, "phones": Entry, "urls": Entry, "addresses": Address}
CARD_FIELDS: Final = frozenset(
    {"name", "kind", "parts", "nickname", "organisation", "units", "job_title", "birthday",
     "notes", "tags", *LISTS}
)  # fmt: skip


def add_contact(**details: Any) -> Contact:
    """`details`: those of `CARD_FIELDS`, entries as mappings, and `interacted_on`. Without a name
    it is called by what else is known. Raises OrganizerError."""
    row = Contact(id=new_id())
    with one_writer():
        _save(row, Card("", uid=f"urn:uuid:{row.pk}"), details, is_new=True)
    return row


def change_contact(contact_id: uuid.UUID, changes: Mapping[str, Any]) -> Contact:
    """Change what `add_contact` takes; a list is replaced as a whole. Raises NoSuchContact,
    OrganizerError."""
    with one_writer():
        row = standing(contact_id)
        _save(row, card_of(row), changes, is_new=False)
    return row


def remove_contact(contact_id: uuid.UUID) -> None:
    """Delete it for good, with what was merged into it. Raises NoSuchContact."""
    with one_writer():
        locked(contact_id).delete()


def put_card(row: Contact, card: Card) -> None:
    """Save a card as it is, and its keys. Inside `one_writer()`."""
    seal(row, card)
    row.save()
    ContactKey.objects.filter(contact=row).delete()
    ContactKey.objects.bulk_create(keys_of(row, card))


# --- Merchants and relations ----------------------------------------------------------------------


def link_merchant(contact_id: uuid.UUID, merchant_id: uuid.UUID) -> ContactMerchant:
    """What is paid to the merchant is paid to the contact. Linking twice changes nothing. Raises
    NoSuchContact, OrganizerError."""
    with one_writer():
        row = standing(contact_id)
        merchant = Merchant.objects.select_related("merged_into").filter(pk=merchant_id).first()
        if merchant is None:
            raise OrganizerError(
                gettext("There is no such merchant."), code="unknown_merchant", field="merchant"
            )
        merchant = merchant.merged_into or merchant
        link: ContactMerchant
        link, is_new = ContactMerchant.objects.select_related("contact").get_or_create(
            merchant=merchant, defaults={"contact": row}
        )
        if not is_new and link.contact_id != row.pk:
            raise OrganizerError(
                gettext("“%(merchant)s” belongs to %(contact)s: unlink it there first.")
                % {"merchant": merchant.name, "contact": link.contact.name},
                code="merchant_taken", field="merchant",
            )  # fmt: skip
    return link


def unlink_merchant(contact_id: uuid.UUID, merchant_id: uuid.UUID) -> None:
    """Raises NoSuchContact."""
    with one_writer():
        row = locked(contact_id)
        ContactMerchant.objects.filter(contact=row, merchant_id=merchant_id).delete()


def relate(contact_id: uuid.UUID, other_id: uuid.UUID, kind: str) -> ContactRelation:
    """The other is the contact's parent, partner … Raises NoSuchContact, OrganizerError."""
    if kind not in RelationKind.values:
        raise OrganizerError(
            gettext("A relation is one of: %(kinds)s.") % {"kinds": ", ".join(RelationKind.values)},
            code="choice", field="kind",
        )  # fmt: skip
    with one_writer():
        row, other = standing(contact_id), standing(other_id)
        if row.pk == other.pk:
            raise OrganizerError(
                gettext("Nobody is related to themselves."), code="same_contact", field="other"
            )
        if kind == RelationKind.PARENT:
            _refuse_circle(row, other)
        made: ContactRelation
        made, _ = ContactRelation.objects.get_or_create(contact=row, other=other, kind=kind)
    return made


def unrelate(contact_id: uuid.UUID, relation_id: uuid.UUID) -> None:
    """Take a relation back, from either side. Raises NoSuchContact."""
    with one_writer():
        row = locked(contact_id)
        for side in ("contact", "other"):
            ContactRelation.objects.filter(pk=relation_id, **{side: row}).delete()


def refuse_circles(row: Contact) -> None:
    """Raises OrganizerError if a contact is above itself. Inside `one_writer()`."""
    for parent in Contact.objects.filter(
        relations_to__contact=row, relations_to__kind=RelationKind.PARENT
    ):
        _refuse_circle(row, parent)


def _refuse_circle(row: Contact, parent: Contact) -> None:
    parents = ContactRelation.objects.filter(kind=RelationKind.PARENT)
    seen, level = {parent.pk}, {parent.pk}
    while level:
        if row.pk in level:
            raise OrganizerError(
                gettext("%(parent)s comes after %(name)s already: this would go in a circle.")
                % {"parent": parent.name, "name": row.name},
                code="circle", field="other",
            )  # fmt: skip
        above = parents.filter(contact__in=level).values_list("other_id", flat=True)
        level = set(above) - seen
        seen |= level


# --- Inside ---------------------------------------------------------------------------------------


@contextmanager
def one_writer() -> Iterator[None]:
    """An atomic block in which nobody else writes this tenant's contacts: circles and duplicates
    are seen. SQLite has one writer at a time by itself."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                    [f"contacts:{current_tenant_id()}"],
                )
        yield


def locked(contact_id: uuid.UUID) -> Contact:
    row: Contact | None = Contact.objects.select_for_update().filter(pk=contact_id).first()
    if row is None:
        raise NoSuchContact(worded("There is no contact %(contact_id)s.", contact_id=contact_id))
    return row


def standing(contact_id: uuid.UUID) -> Contact:
    """One that is not merged into another. Raises NoSuchContact, OrganizerError."""
    row = locked(contact_id)
    if row.merged_into_id is not None:
        raise OrganizerError(
            gettext("“%(name)s” is joined with another contact: part them first.")
            % {"name": row.name},
            code="merged",
        )
    return row


def _save(row: Contact, card: Card, changes: Mapping[str, Any], *, is_new: bool) -> None:
    wanted = dict(changes)
    if "interacted_on" in wanted:
        row.interacted_on = _day(wanted.pop("interacted_on"))
    unknown = wanted.keys() - CARD_FIELDS
    if unknown:
        raise OrganizerError(
            worded("A contact has no %(field)s.", field=min(unknown)), code="unknown_field"
        )
    for name, kind in LISTS.items():
        if name in wanted:
            wanted[name] = _entries(name, kind, wanted[name], getattr(card, name))
    if "parts" in wanted:
        wanted["parts"] = Name(**{key: _text(text) for key, text in wanted["parts"].items()})
    for name in ("units", "tags"):
        if name in wanted:
            wanted[name] = tuple(dict.fromkeys(filter(None, map(_text, wanted[name]))))
    for name in wanted.keys() & {"name", "nickname", "organisation", "job_title"}:
        wanted[name] = " ".join(_text(wanted[name]).split())
    if "notes" in wanted:
        wanted["notes"] = _text(wanted["notes"])
    card = replace(card, **wanted)
    if not card.name:
        card = replace(card, name=_made_up_name(card))
    check_card(card)
    row._state.adding = is_new
    put_card(row, card)


def _entries(name: str, kind: Any, rows: Any, before: Any) -> tuple[Any, ...]:
    """As a card has them. What a file said of one that stays is kept with it."""
    told = {_value(each): each for each in before}
    shown = {each.name for each in fields(kind)} - {"params", "group"}
    made = []
    for row in rows:
        given = {key: _text(value) if isinstance(value, str) else value
                 for key, value in row.items() if key in shown}  # fmt: skip
        given["types"] = tuple(given.get("types", ()))
        entry = kind(**given)
        if old := told.get(_value(entry)):
            entry = replace(entry, params=old.params, group=old.group)
        if any(_value(entry)):
            made.append(entry)
    if name == "emails" and any(not EMAIL.fullmatch(entry.value) for entry in made):
        raise OrganizerError(
            gettext("This is no e-mail address: %(text)s")
            % {"text": next(e.value for e in made if not EMAIL.fullmatch(e.value))[:100]},
            code="email", field="emails",
        )  # fmt: skip
    return tuple(made)


def _value(entry: Any) -> tuple[str, ...]:
    return entry.parts if isinstance(entry, Address) else (entry.value,)


def check_card(card: Card) -> None:
    """Raises OrganizerError."""
    if not card.name:
        raise OrganizerError(gettext("A contact needs a name."), code="blank", field="name")
    if card.kind not in (PERSON, ORGANISATION):
        raise OrganizerError(
            gettext("A contact is a person or an organisation."), code="choice", field="kind"
        )
    for name, most in LONGEST.items():
        if len(getattr(card, name)) > most:
            raise OrganizerError(
                gettext("At most %(n)s characters fit here.") % {"n": most}, code="too_long",
                field=name,
            )  # fmt: skip
    for name in LISTS:
        rows = getattr(card, name)
        if len(rows) > MOST_ENTRIES:
            raise OrganizerError(
                gettext("A contact has at most %(n)s of these.") % {"n": MOST_ENTRIES},
                code="too_many", field=name,
            )  # fmt: skip
        if any(len(text) > LONGEST_VALUE for row in rows for text in (*_value(row), row.label)):
            raise OrganizerError(
                gettext("At most %(n)s characters fit here.") % {"n": LONGEST_VALUE},
                code="too_long", field=name,
            )  # fmt: skip
    if len(card.tags) > MOST_TAGS or any(len(tag) > 80 for tag in card.tags):
        raise OrganizerError(
            gettext("A contact has at most %(n)s tags of at most %(length)s characters.")
            % {"n": MOST_TAGS, "length": 80},
            code="tags", field="tags",
        )  # fmt: skip
    _check_birthday(card.birthday)


def _check_birthday(text: str) -> None:
    whole = f"2000-{text[2:4]}-{text[4:]}" if text.startswith("--") else text
    try:
        if not BIRTHDAY.fullmatch(text):
            raise ValueError
        date.fromisoformat(whole or "2000-01-01")
    except ValueError as error:
        raise OrganizerError(
            gettext("A birthday reads 1980-01-31, or --0131 without its year."),
            code="date", field="birthday",
        ) from error  # fmt: skip


def _day(value: Any) -> date | None:
    if value is not None and not date(1900, 1, 1) <= value <= date(2199, 12, 31):
        raise OrganizerError(
            gettext("This day is out of range."), code="date_out_of_range", field="interacted_on"
        )
    found: date | None = value
    return found


def _made_up_name(card: Card) -> str:
    many = (*card.emails, *card.phones)
    said = (card.parts.whole, card.organisation, card.nickname, *(row.value for row in many))
    return next(filter(None, said), "")


def _text(value: str) -> str:
    return value.replace("\0", "").replace("\r\n", "\n").strip()
