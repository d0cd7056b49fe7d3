"""Tables of contacts: those of others in, our own out and in again."""

from __future__ import annotations

import csv
import io

import pytest

from organizer.address_book.card import Card, Entry, Name, Property
from organizer.address_book.reading import read_vcards
from organizer.address_book.table import NoTable, read_table, write_table
from tests.organizer.address_book.samples import SAMPLES


def cards(text: str, encoding: str = "utf-8") -> list[Card]:
    return [row.card for row in read_table(text.encode(encoding)) if row.card is not None]


def test_googles_new_table() -> None:
    (card,) = cards(
        "First Name,Last Name,Organization Name,Birthday,Labels,E-mail 1 - Label,E-mail 1 - Value,"
        "Phone 1 - Label,Phone 1 - Value,Address 1 - Label,Address 1 - Formatted,Address 1 - Street,"
        "Address 1 - City,Custom Field 1 - Value\n"
        'Mira,Thalberg,Verein,--0309,* myContacts ::: Freunde,* Home,mira@post.example,Mobile,'
        '0151 1 ::: 0151 2,Home,"Am Hang 4\nUlm",Am Hang 4,Ulm,blau\n'
    )  # fmt: skip
    assert (card.name, card.parts.given, card.birthday) == ("Mira Thalberg", "Mira", "--0309")
    assert card.tags == ("Freunde",)
    assert card.emails == (Entry("mira@post.example", ("home",), is_preferred=True),)
    assert [row.value for row in card.phones] == ["0151 1", "0151 2"]
    assert (card.addresses[0].street, card.addresses[0].locality) == ("Am Hang 4", "Ulm")
    assert card.kept == (Property("X-COLUMN", "blau", (("X-NAME", ("Custom Field 1 - Value",)),)),)


def test_outlooks_table_in_its_old_charset() -> None:
    (card,) = cards(
        "Title;First Name;Last Name;Company;Business Street;Business City;Business Phone;"
        "Mobile Phone;E-mail Address;Categories\n"
        "Dr.;Jörg;Grün;Bäckerei;Hauptstraße 1;Köln;0221 1;0170 2;j@gruen.example;Kunden;\n",
        "cp1252",
    )
    assert (card.name, card.parts.prefixes, card.organisation) == (
        "Dr. Jörg Grün",
        "Dr.",
        "Bäckerei",
    )
    assert [(row.value, row.types) for row in card.phones] == [
        ("0221 1", ("work",)), ("0170 2", ("cell",)),
    ]  # fmt: skip
    assert (card.addresses[0].street, card.addresses[0].types) == ("Hauptstraße 1", ("work",))


def test_a_plain_table_of_somebodys_own() -> None:
    (card, other) = cards("Name\tTelefon\tAdresse\nOma\t07345 555\tAm Bach 1\n\nOpa\t\t\n")
    assert (card.phones[0].value, card.addresses[0].street) == ("07345 555", "Am Bach 1")
    assert other.name == "Opa"


def test_our_own_table_comes_back() -> None:
    card = Card(
        "Ann, Bob & “Co”", parts=Name("Bob", "Ann"), organisation="=cmd()", units=("A", "B"),
        emails=(Entry("ann@bob.example", ("work",), is_preferred=True), Entry("b@bob.example")),
        phones=(Entry("+49 1", ("cell",)), Entry("2", ("work", "fax")), Entry("3", (), "Hütte")),
        birthday="1980-01-31", notes="-1\nzwei", tags=("a", "b"), uid="u1",
        kept=(Property("X-COLUMN", "x\\\\y", (("X-NAME", ("Hobby",)),)),),
    )  # fmt: skip
    text = "".join(write_table([card]))
    assert "'=cmd()" in text
    assert cards(text) == [card]


def test_every_dialects_names_and_numbers_come_through_a_table() -> None:
    known = [row.card for data in SAMPLES.values() for row in read_vcards(data) if row.card]
    text = "".join(write_table(known))
    assert len(list(csv.reader(io.StringIO(text)))) == len(known) + 1
    for before, after in zip(known, cards(text), strict=True):
        for name in ("name", "kind", "parts", "organisation", "birthday", "notes", "tags", "uid"):
            assert getattr(after, name) == getattr(before, name), before.name
        for name in ("emails", "phones"):
            assert [e.value for e in getattr(after, name)] == [
                e.value for e in getattr(before, name)
            ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "date,amount\n2026-01-01,5\n", "\x00\x01"])
def test_what_is_no_table_of_contacts_is_said_so(text: str) -> None:
    with pytest.raises(NoTable):
        cards(text)
