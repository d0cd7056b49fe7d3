"""What is encrypted of a contact, and by what it is found all the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from finance.ledger.naming import key_of
from organizer.address_book.card import Card, as_json, card_from
from organizer.models import Contact, ContactKey, KeyKind
from tenancy.encryption import blind_index, blind_indexes, decrypt, encrypt
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id

DETAILS: Final = "Contact.details"
KEPT: Final = "Contact.kept"
UNDO: Final = "Contact.merge_undo"
KEY: Final = "ContactKey.value"
# So many last digits of a phone number are the same however its country and area are written.
PHONE_DIGITS: Final = 9
LEAST_DIGITS: Final = 5
NAME: Final = 200


def seal(row: Contact, card: Card) -> None:
    """Set the columns that hold a card. The row's id must be known."""
    row.kind, row.name, row.uid = card.kind, card.name[:NAME], card.uid
    row.key = key_of(row.name)[:400]
    lines = [key_of(card.name), key_of(card.organisation), *(f"#{key_of(t)}" for t in card.tags)]
    row.search = "\n".join([*filter(None, lines), ""])
    row.details = _sealed(row, DETAILS, as_json(replace(card, kept=())))
    row.kept = _sealed(row, KEPT, [as_json(each) for each in card.kept]) if card.kept else ""


def card_of(row: Contact, *, whole: bool = True) -> Card:
    """The card of a row; without `whole` it lacks `kept`. Raises DecryptionError."""
    data = _opened(row, DETAILS, row.details)
    if whole and row.kept:
        data["kept"] = _opened(row, KEPT, row.kept)
    return card_from(data)


def seal_undo(row: Contact, told: dict[str, Any]) -> None:
    row.merge_undo = _sealed(row, UNDO, told)


def opened_undo(row: Contact) -> dict[str, Any]:
    found: dict[str, Any] = _opened(row, UNDO, row.merge_undo) if row.merge_undo else {}
    return found


def keys_of(contact: Contact, card: Card) -> list[ContactKey]:
    """The keys of a contact, not yet saved."""
    tenant_id = current_tenant_id()
    keys = []
    for kind, value in dict.fromkeys(_values(card)):
        key = ContactKey(id=new_id(), contact=contact, kind=kind)
        key.value = encrypt(value, tenant_id=tenant_id, field=KEY, pk=key.pk)
        key.index = blind_index(value, tenant_id=tenant_id, field=KEY)
        keys.append(key)
    return keys


def indexes_of(text: str) -> list[str]:
    """The blind indexes by which a text may be known: as an address, a domain or a number."""
    address = normal_email(text)
    values = {address, address.rpartition("@")[2]}
    if number := normal_phone(text):
        values.add(number)
    return indexes(values)


def indexes(values: Iterable[str]) -> list[str]:
    tenant_id = current_tenant_id()
    return [
        each for value in values for each in blind_indexes(value, tenant_id=tenant_id, field=KEY)
    ]


def normal_email(text: str) -> str:
    return text.strip().lower()


def normal_phone(text: str) -> str:
    """What two ways to write a number have in common; "" for what is too short to tell."""
    digits = re.sub(r"\D", "", re.split(r"[;x]", text, maxsplit=1)[0])
    return digits[-PHONE_DIGITS:] if len(digits) >= LEAST_DIGITS else ""


def _values(card: Card) -> Iterable[tuple[str, str]]:
    for entry in card.emails:
        address = normal_email(entry.value)
        # An organisation may be known by all addresses of a domain: @shop.example
        if address.startswith("@"):
            yield KeyKind.DOMAIN, address[1:]
        elif address:
            yield KeyKind.EMAIL, address
    for entry in card.phones:
        if number := normal_phone(entry.value):
            yield KeyKind.PHONE, number


def _sealed(row: Contact, field: str, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return encrypt(text, tenant_id=current_tenant_id(), field=field, pk=row.pk)


def _opened(row: Contact, field: str, sealed: str) -> Any:
    return json.loads(decrypt(sealed, tenant_id=current_tenant_id(), field=field, pk=row.pk))
