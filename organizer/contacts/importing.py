"""Contacts from files: looked at first, then taken over. A card that is known joins its contact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from organizer.address_book.card import Card
from organizer.address_book.reading import ReadCard, read_vcards
from organizer.address_book.table import NoTable, read_table
from organizer.contacts.keeping import LONGEST_VALUE, MOST_ENTRIES, one_writer
from organizer.contacts.merging import join_cards
from organizer.contacts.relating import Told, known_relations, parted, relate_told
from organizer.contacts.sealing import (
    card_of,
    indexes,
    keys_of,
    normal_email,
    normal_phone,
    seal,
)
from organizer.errors import OrganizerError
from organizer.file_imports import claim, file_of, finish, keep_file
from organizer.models import Contact, ContactImport, ContactKey
from tenancy.ids import new_id

MOST_CARDS: Final = 5_000
AT_ONCE: Final = 500
NEW: Final = "new"
JOINED: Final = "joined"
SAME: Final = "same"
REFUSED: Final = "refused"
PROBLEMS: Final = {
    "too_large": _("Larger than 1 MB or 2,000 lines: make its photo smaller and export it again."),
    "not_ended": _("The file breaks off before its end: export it again."),
    "empty": _("It has neither a name nor anything to call it by."),
    "not_a_row": _("This row cannot be read: a quotation mark is not closed, or a cell too long."),
    "too_many": _("More than 50 of a kind, or a value longer than 500 characters."),
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a card of the file would do: be new, join a contact that is known, change nothing, or
    be refused for a reason."""

    number: int
    outcome: str
    card: Card | None = None
    contact: Contact | None = None
    problem: str = ""
    told: tuple[Told, ...] = ()

    @property
    def reason(self) -> str:
        return str(PROBLEMS.get(self.problem, ""))


def upload(name: str, data: bytes) -> ContactImport:
    """Keep a file to be looked at. Raises OrganizerError for what holds no contacts."""
    row = keep_file(ContactImport, name, data)
    try:
        read_file(data)
    except OrganizerError:
        row.delete()
        raise
    return row


def read_file(data: bytes) -> list[ReadCard]:
    """The cards of a file, whatever its format. Raises OrganizerError."""
    head = data[:4096].replace(b"\x00", b"").upper().replace(b" ", b"")
    try:
        found = read_vcards(data) if b"BEGIN:VCARD" in head else read_table(data)
    except NoTable as error:
        raise OrganizerError(
            gettext(
                "These are neither vCards nor a table of contacts: the first row of a table names"
                " its columns, Name or E-mail for example."
            ),
            code="unreadable", field="file",
        ) from error  # fmt: skip
    rows = []
    for each in found:
        rows.append(each)
        if len(rows) > MOST_CARDS:
            raise OrganizerError(
                gettext("The file holds more than %(n)s contacts. Export it in parts.")
                % {"n": MOST_CARDS},
                code="too_many", field="file",
            )  # fmt: skip
    if not rows:
        raise OrganizerError(gettext("The file holds no contacts."), code="empty", field="file")
    return rows


def preview(row: ContactImport) -> list[Line]:
    """What applying would do, card by card; nothing of one that is applied."""
    return list(_lines(read_file(file_of(row)))) if row.data else []


def apply(row: ContactImport) -> ContactImport:
    """Take the file over. Raises OrganizerError if it was already."""
    with one_writer():
        row = claim(row)
        lines = list(_lines(read_file(file_of(row))))
        pairs = _insert([line for line in lines if line.outcome == NEW])
        for line in lines:
            if line.outcome == JOINED and line.contact and line.card:
                _join(line.contact, line.card)
                pairs.append((line.contact, line.told))
        # Once all are there that may be named.
        relate_told(pairs)
        finish(row, dict(Counter(line.outcome for line in lines)))
    return row


def _lines(rows: Iterable[ReadCard]) -> Iterator[Line]:
    found = list(rows)
    known = _Known([each.card for each in found if each.card])
    related = known_relations(known.all())
    taken: set[str] = set()
    for each in found:
        card, told = parted(each.card) if each.card else (None, ())
        if card is None or (problem := _problem(card)):
            yield Line(each.line, REFUSED, card, problem=each.problem or problem)
        elif card.uid and card.uid in taken:
            yield Line(each.line, SAME, card)
        else:
            taken.add(card.uid)
            contact = known.contact(card)
            if contact is None:
                yield Line(each.line, NEW, card, told=told)
            else:
                before = card_of(contact)
                news = [
                    one for one in told
                    if (contact.pk, one.word, one.uid) not in related
                    and one.line not in before.kept
                ]  # fmt: skip
                is_same = not news and join_cards(card, before) == before
                yield Line(each.line, SAME if is_same else JOINED, card, contact, told=tuple(news))


def _problem(card: Card) -> str:
    lists: tuple[tuple[Any, ...], ...] = (card.emails, card.phones, card.urls, card.addresses)
    values = (entry.value for entry in (*card.emails, *card.phones, *card.urls))
    is_long = any(len(value) > LONGEST_VALUE for value in values)
    return "too_many" if is_long or any(len(rows) > MOST_ENTRIES for rows in lists) else ""


class _Known:
    """The contacts that cards of a file may be of, in two queries: by uid; else by an e-mail
    address or a phone number, if the name is the same too."""

    def __init__(self, cards: list[Card]) -> None:
        rows = Contact.objects.filter(merged_into=None)
        uids = [card.uid for card in cards if card.uid]
        self.by_uid: dict[str, Contact] = {row.uid: row for row in rows.filter(uid__in=uids)}
        self.by_key: dict[str, list[Contact]] = {}
        values = {value for card in cards for value in _values(card)}
        keys = ContactKey.objects.filter(index__in=indexes(values), contact__merged_into=None)
        for key in keys.select_related("contact"):
            self.by_key.setdefault(key.index, []).append(key.contact)

    def all(self) -> list[Contact]:
        return [*self.by_uid.values(), *(row for rows in self.by_key.values() for row in rows)]

    def contact(self, card: Card) -> Contact | None:
        if found := self.by_uid.get(card.uid):
            return found
        for index in indexes(_values(card)):
            for contact in self.by_key.get(index, ()):
                if contact.name.casefold() == card.name[:200].casefold():
                    return contact
        return None


def _values(card: Card) -> list[str]:
    numbers = filter(None, (normal_phone(entry.value) for entry in card.phones))
    return [*(normal_email(entry.value) for entry in card.emails), *numbers]


def _insert(lines: list[Line]) -> list[tuple[Contact, tuple[Told, ...]]]:
    rows, keys = [], []
    for line in lines:
        row, card = Contact(id=new_id()), line.card
        assert card is not None
        seal(row, card if card.uid else replace(card, uid=f"urn:uuid:{row.pk}"))
        rows.append(row)
        keys.extend(keys_of(row, card))
    Contact.objects.bulk_create(rows, batch_size=AT_ONCE)
    ContactKey.objects.bulk_create(keys, batch_size=AT_ONCE)
    return [(row, line.told) for row, line in zip(rows, lines, strict=True)]


def _join(contact: Contact, card: Card) -> None:
    row = Contact.objects.select_for_update().get(pk=contact.pk)
    joined = join_cards(card, card_of(row))
    seal(row, joined)
    row.save()
    ContactKey.objects.filter(contact=row).delete()
    ContactKey.objects.bulk_create(keys_of(row, joined))
