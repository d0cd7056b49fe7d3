"""vCards of 35 dialects: read right, and written without loss."""

from __future__ import annotations

import base64
import time

import pytest

from organizer.address_book.card import ORGANISATION, Address, Card, as_json, card_from
from organizer.address_book.reading import LARGEST_CARD, read_vcards
from organizer.address_book.writing import write_vcards
from tests.organizer.address_book.samples import NAMES, PHOTO, SAMPLES


def read_one(data: bytes) -> Card:
    (found,) = read_vcards(data)
    assert found.card is not None, found.problem
    return found.card


def sample(name: str) -> Card:
    return read_one(SAMPLES[name])


def kept(card: Card, name: str) -> list[str]:
    return [row.value for row in card.kept if row.name == name]


def test_there_are_thirty_dialects_at_least() -> None:
    assert len(SAMPLES) >= 30
    assert SAMPLES.keys() == NAMES.keys()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_dialect_is_read_and_written_without_loss(name: str) -> None:
    card = sample(name)
    assert card.name == NAMES[name]
    text = "".join(write_vcards([card]))
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert read_one(text.encode()) == card
    assert card_from(as_json(card)) == card


@pytest.mark.parametrize("name", SAMPLES)
def test_every_word_of_a_value_is_still_there(name: str) -> None:
    """Whatever a program wrote in its own properties is written again."""
    text = "".join(write_vcards([sample(name)])).replace("\r\n ", "")
    source = SAMPLES[name].decode("utf-8", "ignore").replace("\r\n ", "")
    for line in source.splitlines():
        head, _, value = line.partition(":")
        if head.upper().startswith("X-") and "CHARSET" not in head and value.strip(";"):
            assert value in text or head.upper() == "X-ABSHOWAS", line


def test_entries_have_their_types_labels_and_preference() -> None:
    card = sample("apple_ios")
    assert [(e.value, e.label, e.is_preferred) for e in card.emails] == [
        ("ade@okafor.example", "_$!<Work>!$_", True)
    ]
    assert (card.phones[0].types, card.phones[0].is_preferred) == (("cell", "voice"), True)
    assert card.addresses[0].street == "1 Broad Street\nFlat 2"
    assert card.addresses[0].group == "item2"
    assert (card.birthday, card.organisation, card.units) == (
        "--0309",
        "Okafor & Söhne",
        ("Einkauf",),
    )
    assert kept(card, "X-ABADR") == ["ng"]
    assert kept(card, "X-ABLABEL") == ["_$!<Anniversary>!$_"]


@pytest.mark.parametrize("name", ["apple_ios", "outlook_21", "android_photo_without_indent"])
def test_a_photo_is_the_same_bytes(name: str) -> None:
    (photo,) = kept(sample(name), "PHOTO")
    assert photo.startswith("data:image/jpeg;base64,")
    assert base64.b64decode(photo.partition(",")[2]) == base64.b64decode(PHOTO)


def test_what_old_phones_write() -> None:
    outlook = sample("outlook_21")
    assert outlook.addresses[0] == Address(
        street="Hauptstraße 1\nHinterhaus", locality="Berlin", postcode="10115",
        country="Deutschland", types=("work",), is_preferred=True,
    )  # fmt: skip
    assert kept(outlook, "LABEL") == ["Hauptstraße 1\\n10115 Berlin"]
    assert sample("nokia_21").notes == "C:\\temp\\neu; alt"
    agent = sample("agent_inside")
    assert "N:Hilfe" in kept(agent, "AGENT")[0]
    assert [row.value for row in agent.phones] == ["99"]


def test_structures_and_escapes() -> None:
    assert sample("outlook_365_3").notes == "Zeile eins\nZeile zwei, mit Komma; und mehr"
    assert sample("zimbra_3").notes == "ligne longue qui est pliée au milieu"
    assert sample("zimbra_3").urls[0].value == "http://roux.example/?a=1,2;b"
    assert sample("zimbra_3").units == ("Achats", "Nord")
    rae = sample("quotes_and_carets_4")
    assert rae.phones[0].value == "+1-555-0100;ext=12"
    assert dict(rae.addresses[0].params)["LABEL"] == ("1 Elm St\nHill: end",)
    assert kept(rae, "BDAY") == ["circa 1800"]


def test_organisations_are_told_from_people() -> None:
    named = {name for name in SAMPLES if sample(name).kind == ORGANISATION}
    assert named == {"apple_company", "organisation_4"}


def test_many_cards_of_one_file_and_the_broken_among_them() -> None:
    whole = b"".join(SAMPLES[name] for name in ("google_3", "nokia_21"))
    rows = list(read_vcards(whole + b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Cut off\r\n"))
    assert [row.problem for row in rows] == ["", "", "not_ended"]
    assert rows[2].line == whole.count(b"\r\n") + 1
    assert [row.problem for row in read_vcards(b"BEGIN:VCARD\nVERSION:4.0\nEND:VCARD")] == ["empty"]
    assert list(read_vcards(b"Dear all, see you on Monday")) == []


def test_an_oversized_card_is_refused_and_the_next_is_read() -> None:
    photo = base64.b64encode(bytes(LARGEST_CARD)).decode()
    large = f"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Large\r\nPHOTO:data:image/png;base64,{photo}\r\nEND:VCARD\r\n"
    rows = list(read_vcards(large.encode() + SAMPLES["google_3"]))
    assert [row.problem for row in rows] == ["too_large", ""]
    assert rows[1].card is not None


@pytest.mark.parametrize(
    "line",
    [
        b";" * 300_000,
        b'"' * 300_000,
        b"A:" + b"=\r\n" * 150_000,
        b"X;ENCODING=b:" + b"AA\r\n" * 100_000,
    ],
)
def test_no_line_makes_it_slow(line: bytes) -> None:
    begun = time.process_time()
    list(read_vcards(b"BEGIN:VCARD\r\nFN:A\r\nX-A" + line + b"\r\nEND:VCARD\r\n"))
    assert time.process_time() - begun < 3
