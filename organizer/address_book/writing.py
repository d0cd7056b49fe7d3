"""Cards as vCard 4.0 (RFC 6350)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from organizer.address_book.card import (
    ORGANISATION,
    Address,
    Card,
    Entry,
    Params,
    Property,
    groups_of,
)

OCTETS: Final = 75
ESCAPES: Final = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
CARETS: Final = str.maketrans({"^": "^^", '"': "^'", "\n": "^n"})


def write_vcards(cards: Iterable[Card]) -> Iterator[str]:
    """One card after the other, each with its line ends."""
    for card in cards:
        yield "".join(f"{fold(line)}\r\n" for line in lines_of(card))


def lines_of(card: Card) -> Iterator[str]:
    known = dict(card.params)
    grouped = _labelled(card)

    def one(name: str, value: str) -> Iterator[str]:
        if value:
            yield _line(Property(name, value, known.get(name, ())))

    yield "BEGIN:VCARD"
    yield "VERSION:4.0"
    if card.kind == ORGANISATION:
        yield "KIND:org"
    yield from one("UID", _text(card.uid))
    yield from one("FN", _text(card.name))
    if any(card.parts.parts):
        yield from one("N", ";".join(map(_text, card.parts.parts)))
    yield from one("NICKNAME", _text(card.nickname))
    if card.organisation or card.units:
        yield from one("ORG", ";".join(map(_text, (card.organisation, *card.units))))
    yield from one("TITLE", _text(card.job_title))
    for name, rows in (("EMAIL", grouped.emails), ("TEL", grouped.phones), ("URL", grouped.urls)):
        for row in rows:
            yield from _entry(name, row, row.value if name == "URL" else _text(row.value))
    for address in grouped.addresses:
        yield from _entry("ADR", address, ";".join(map(_text, address.parts)))
    yield from one("BDAY", card.birthday.replace("-", "") if card.birthday[:1] != "-"
                   else card.birthday)  # fmt: skip
    yield from one("NOTE", _text(card.notes))
    yield from one("CATEGORIES", ",".join(map(_text, card.tags)))
    yield from map(_line, card.kept)
    yield "END:VCARD"


def fold(line: str) -> str:
    """Lines of at most 75 octets, none of which ends within a character."""
    if len(line) * 4 <= OCTETS or len(line.encode()) <= OCTETS:
        return line
    if line.isascii():
        rest = range(OCTETS, len(line), OCTETS - 1)
        return "\r\n ".join([line[:OCTETS], *(line[n : n + OCTETS - 1] for n in rest)])
    parts: list[str] = []
    held: list[str] = []
    size = 0
    for char in line:
        octets = len(char.encode())
        if size + octets > OCTETS:
            parts.append("".join(held))
            # The blank that continues a line counts.
            held, size = [], 1
        held.append(char)
        size += octets
    return "\r\n ".join([*parts, "".join(held)])


def _labelled(card: Card) -> Card:
    """Each entry that has a label of its own also has a group, which ties the two together."""
    taken = groups_of(card)

    def tied(row: Entry | Address) -> Entry | Address:
        if not row.label or row.group:
            return row
        number = 1
        while f"item{number}" in taken:
            number += 1
        taken.add(f"item{number}")
        return replace(row, group=f"item{number}")

    lists: dict[str, Any] = {
        name: tuple(map(tied, getattr(card, name)))
        for name in ("emails", "phones", "urls", "addresses")
    }
    return replace(card, **lists)


def _entry(name: str, row: Entry | Address, value: str) -> Iterator[str]:
    params: Params = (("TYPE", row.types),) if row.types else ()
    params += (("PREF", ("1",)),) if row.is_preferred else ()
    yield _line(Property(name, value, params + row.params, row.group))
    if row.label:
        yield _line(Property("X-ABLABEL", _text(row.label), (), row.group))


def _line(row: Property) -> str:
    params = "".join(f";{name}={','.join(map(_param, values))}" for name, values in row.params)
    group = f"{row.group}." if row.group else ""
    return f"{group}{row.name}{params}:{row.value}"


def _param(value: str) -> str:
    value = value.translate(CARETS)
    return f'"{value}"' if set(value) & set(";:,") else value


def _text(value: str) -> str:
    return value.translate(ESCAPES)
