"""Tables of contacts (CSV): those of Google, Outlook and others in, our own out.

Our own has Google's columns, so that it can be read in most places.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from organizer.address_book.card import ORGANISATION, PERSON, Address, Card, Entry, Name, Property
from organizer.address_book.reading import DAY, NO_TAGS, ReadCard

MOST_COLUMNS: Final = 300
# Google writes several values into one cell like this.
SEVERAL: Final = " ::: "
# What a spreadsheet would take for a formula (OWASP, CSV injection).
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMN: Final = "X-COLUMN"
SINGLE: Final = {
    "name": "name", "full name": "name", "display name": "name", "file as": "name",
    "anzeigename": "name", "vollständiger name": "name",
    "given name": "given", "first name": "given", "vorname": "given",
    "additional name": "additional", "middle name": "additional", "zweiter vorname": "additional",
    "family name": "family", "last name": "family", "surname": "family", "nachname": "family",
    "name prefix": "prefixes", "title": "prefixes", "anrede": "prefixes",
    "name suffix": "suffixes", "suffix": "suffixes", "namenszusatz": "suffixes",
    "nickname": "nickname", "spitzname": "nickname",
    "organization name": "organisation", "organization 1 - name": "organisation",
    "company": "organisation", "organization": "organisation", "firma": "organisation",
    "organization department": "units", "organization 1 - department": "units",
    "department": "units", "abteilung": "units",
    "organization title": "job_title", "organization 1 - title": "job_title",
    "job title": "job_title", "position": "job_title",
    "birthday": "birthday", "geburtstag": "birthday",
    "notes": "notes", "note": "notes", "notizen": "notes",
    "labels": "tags", "group membership": "tags", "categories": "tags", "tags": "tags",
    "kategorien": "tags", "uid": "uid", "kind": "kind",
}  # fmt: skip
# Columns that come in several, with the type that they say.
SIMPLE: Final = {
    "emails": {
        "email": "", "e-mail": "", "email address": "", "e-mail address": "", "e-mail-adresse": "",
        "e-mail 2 address": "", "e-mail 3 address": "", "primary email": "", "secondary email": "",
    },
    "phones": {
        "phone": "", "telephone": "", "telefon": "", "phone number": "", "primary phone": "",
        "mobile": "cell", "mobile phone": "cell", "mobiltelefon": "cell", "handy": "cell",
        "mobile number": "cell", "home phone": "home", "home phone 2": "home",
        "telefon privat": "home", "telefon (privat)": "home", "business phone": "work",
        "business phone 2": "work", "work phone": "work", "telefon geschäftlich": "work",
        "company main phone": "work", "home fax": "home,fax", "business fax": "work,fax",
        "fax number": "fax", "pager": "pager", "car phone": "car", "other phone": "",
    },
    "urls": {"web page": "", "website": "", "webseite": "", "url": "", "web page 1": ""},
}  # fmt: skip
NUMBERED: Final = re.compile(
    r"(e-mail|phone|website|address) (\d+) - (label|type|value|formatted|street|city|po box|region"
    r"|postal code|country|extended address)"
)
PLACED: Final = re.compile(
    r"(?:(home|business|other|work) )?(?:address )?(street|street 2|street 3|city|state|region"
    r"|postal code|zip(?: code)?|country(?:/region)?|po box|address po box|address|adresse)"
)
PART: Final = {
    "street": "street", "street 2": "extended", "street 3": "extended", "formatted": "street",
    "city": "locality", "state": "region", "region": "region", "postal code": "postcode",
    "zip": "postcode", "zip code": "postcode", "country": "country", "country/region": "country",
    "address": "street", "adresse": "street", "po box": "po_box", "address po box": "po_box",
    "extended address": "extended",
}  # fmt: skip
LISTS: Final = {"e-mail": "emails", "phone": "phones", "website": "urls"}


class NoTable(ValueError):
    """The text has no row of headings that we know."""


@dataclass(slots=True)
class _Row:
    """What is found of one row, column by column."""

    one: dict[str, str] = field(default_factory=dict)
    entries: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    simple: list[tuple[str, str, str]] = field(default_factory=list)
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: list[Property] = field(default_factory=list)


def read_table(data: bytes) -> Iterator[ReadCard]:
    """The rows of a table. Raises NoTable at once."""
    text = _decoded(data)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    try:
        headings = [each.strip() for each in next(reader, [])]
    except csv.Error as error:
        raise NoTable(str(error)) from error
    known = [each.lower() for each in headings]
    columns = set(known) & (SINGLE.keys() | {n for names in SIMPLE.values() for n in names})
    is_known = bool(columns) or any(NUMBERED.fullmatch(each) for each in known)
    if not is_known or len(headings) > MOST_COLUMNS:
        raise NoTable("no known headings")
    return _rows(reader, headings)


def _rows(reader: Any, headings: list[str]) -> Iterator[ReadCard]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield ReadCard(reader.line_num, problem="not_a_row")
            continue
        if any(cell.strip() for cell in cells):
            card = _card(headings, cells)
            yield ReadCard(reader.line_num, card, "" if card else "empty")


def _card(headings: list[str], cells: list[str]) -> Card | None:
    row = _Row()
    for heading, cell in zip(headings, cells, strict=False):
        text = cell.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").strip()
        if text[:1] == "'" and text[1:2] in FORMULA:
            text = text[1:]
        if text:
            _take(row, heading, text)
    return _made(row)


def _take(row: _Row, heading: str, text: str) -> None:
    known = heading.lower()
    if (name := SINGLE.get(known)) and name not in row.one:
        row.one[name] = text
    elif found := NUMBERED.fullmatch(known):
        row.entries.setdefault((found[1], found[2]), {})[found[3]] = text
    elif found := PLACED.fullmatch(known):
        parts = row.places.setdefault(found[1] or "", {})
        name = PART[found[2]]
        parts[name] = f"{parts[name]}\n{text}" if name in parts else text
    else:
        for kind, columns in SIMPLE.items():
            if known in columns:
                row.simple.append((kind, text, columns[known]))
                return
        escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
        row.kept.append(Property(COLUMN, escaped, (("X-NAME", (heading,)),)))


def _made(row: _Row) -> Card | None:
    lists: dict[str, list[Entry]] = {"emails": [], "phones": [], "urls": []}
    addresses = []
    for kind, text, types in row.simple:
        lists[kind].append(Entry(text, tuple(filter(None, types.split(",")))))
    for (heading, _), cells in row.entries.items():
        typed, label, is_preferred = _typed(cells.get("label") or cells.get("type", ""))
        if heading in LISTS:
            lists[LISTS[heading]].extend(
                Entry(value, typed, label, is_preferred)
                for value in cells.get("value", "").split(SEVERAL) if value
            )  # fmt: skip
        elif parts := _parts(cells):
            known: dict[str, Any] = parts
            addresses.append(Address(**known, types=typed, label=label, is_preferred=is_preferred))
    for place, known in row.places.items():
        kind = "work" if place == "business" else place
        addresses.append(Address(**known, types=(kind,) if kind in ("home", "work") else ()))
    return _card_of(row, lists, tuple(addresses))


def _card_of(
    row: _Row, lists: dict[str, list[Entry]], addresses: tuple[Address, ...]
) -> Card | None:
    one = row.one
    parts = Name(*(one.get(n, "") for n in Name.__slots__))
    said = (one.get("name"), parts.whole, one.get("organisation"), one.get("nickname"))
    many = (*lists["emails"], *lists["phones"])
    name = next(filter(None, (*said, *(entry.value for entry in many))), "")
    if not name:
        return None
    is_organisation = one.get("kind", "").lower() in ("organisation", "organization") or (
        "kind" not in one and one.get("organisation") == name and not any(parts.parts)
    )
    return Card(
        " ".join(name.split()), ORGANISATION if is_organisation else PERSON, parts,
        nickname=one.get("nickname", ""), organisation=one.get("organisation", ""),
        units=tuple(filter(None, one.get("units", "").split("; "))),
        job_title=one.get("job_title", ""), emails=tuple(lists["emails"]),
        phones=tuple(lists["phones"]), urls=tuple(lists["urls"]), addresses=addresses,
        birthday=_birthday(one.get("birthday", ""), row), notes=one.get("notes", ""),
        tags=_tags(one.get("tags", "")), uid=one.get("uid", "")[:255], kept=tuple(row.kept),
    )  # fmt: skip


def _typed(label: str) -> tuple[tuple[str, ...], str, bool]:
    """Google's word for what a value is: a star says that it is preferred."""
    is_preferred = label.startswith("*")
    word = label.strip("* ").lower()
    known = {"home": "home", "work": "work", "mobile": "cell", "home fax": "home,fax",
             "work fax": "work,fax", "fax": "fax", "pager": "pager",
             "main": "main-number"}  # fmt: skip
    if word in known:
        return tuple(known[word].split(",")), "", is_preferred
    return (), "" if word in ("", "other") else label.strip("* "), is_preferred


def _parts(cells: dict[str, str]) -> dict[str, str]:
    has_parts = bool(cells.keys() & PART.keys() - {"formatted"})
    return {
        PART[name]: text for name, text in cells.items()
        if name in PART and not (name == "formatted" and has_parts)
    }  # fmt: skip


def _birthday(text: str, row: _Row) -> str:
    found = DAY.fullmatch(text)
    if found and found[1]:
        return f"{found[1]}-{found[2]}-{found[3]}"
    if found:
        return f"--{found[4]}{found[5]}"
    if text:
        row.kept.append(Property(COLUMN, text, (("X-NAME", ("Birthday",)),)))
    return ""


def _tags(text: str) -> tuple[str, ...]:
    parts = text.split(SEVERAL.strip()) if ":::" in text else re.split(r"[;,]", text)
    return tuple(dict.fromkeys(tag for each in parts if (tag := each.strip("* "))
                               and tag.lower() not in NO_TAGS))  # fmt: skip


def _decoded(data: bytes) -> str:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _delimiter(text: str) -> str:
    line = text.partition("\n")[0]
    return max(",;\t", key=line.count)


def write_table(cards: Iterable[Card]) -> Iterator[str]:
    """The table, its headings first. What has no column of its own stays in the vCard alone."""
    rows = list(cards)
    most = {
        name: max((len(getattr(card, name)) for card in rows), default=0)
        for name in ("emails", "phones", "urls", "addresses")
    }
    own = sorted({_column(row) for card in rows for row in card.kept if row.name == COLUMN})
    yield _line([*_headings(most), *own])
    for card in rows:
        yield _line([*_cells(card, most), *_own_cells(card, own)])


def _headings(most: dict[str, int]) -> Iterator[str]:
    yield from (
        "Kind", "Name", "First Name", "Middle Name", "Last Name", "Name Prefix", "Name Suffix",
        "Nickname", "Organization Name", "Organization Department", "Organization Title",
        "Birthday", "Notes", "Labels", "UID",
    )  # fmt: skip
    for heading, name in (("E-mail", "emails"), ("Phone", "phones"), ("Website", "urls")):
        for number in range(1, most[name] + 1):
            yield from (f"{heading} {number} - Label", f"{heading} {number} - Value")
    for number in range(1, most["addresses"] + 1):
        for part in ("Label", "PO Box", "Extended Address", "Street", "City", "Region",
                     "Postal Code", "Country"):  # fmt: skip
            yield f"Address {number} - {part}"


def _cells(card: Card, most: dict[str, int]) -> Iterator[str]:
    parts = card.parts
    yield from (
        card.kind, card.name, parts.given, parts.additional, parts.family, parts.prefixes,
        parts.suffixes, card.nickname, card.organisation, "; ".join(card.units), card.job_title,
        card.birthday, card.notes, SEVERAL.join(card.tags), card.uid,
    )  # fmt: skip
    for name in ("emails", "phones", "urls"):
        entries: tuple[Entry, ...] = getattr(card, name)
        for entry in entries:
            yield from (_label(entry), entry.value)
        yield from [""] * 2 * (most[name] - len(entries))
    for address in card.addresses:
        yield from (_label(address), *address.parts)
    yield from [""] * 8 * (most["addresses"] - len(card.addresses))


def _own_cells(card: Card, own: list[str]) -> Iterator[str]:
    cells = {_column(row): row.value for row in card.kept if row.name == COLUMN}
    for name in own:
        yield re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], cells.get(name, ""))


def _column(row: Property) -> str:
    return next((values[0] for name, values in row.params if name == "X-NAME" and values), "Other")


def _label(row: Entry | Address) -> str:
    star = "* " if row.is_preferred else ""
    words = " ".join(
        {"cell": "Mobile"}.get(each, each.title()) for each in row.types if each != "voice"
    )
    return star + (row.label or words)


def _line(cells: list[str]) -> str:
    out = io.StringIO()
    safe = [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]
    csv.writer(out, lineterminator="\r\n").writerow(safe)
    return out.getvalue()
