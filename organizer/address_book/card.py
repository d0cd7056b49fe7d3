"""One contact as it is exchanged, whatever the file's dialect."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, Final

Params = tuple[tuple[str, tuple[str, ...]], ...]
PERSON: Final = "person"
ORGANISATION: Final = "organisation"


@dataclass(frozen=True, slots=True)
class Property:
    """One line of a vCard that we do not interpret. `value` is escaped as version 4 has it."""

    name: str
    value: str
    params: Params = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An e-mail address, a phone number, a web address. `types` are vCard's (home, work, cell);
    `label` is a word of somebody's own; `group` ties lines of a vCard together."""

    value: str
    types: tuple[str, ...] = ()
    label: str = ""
    is_preferred: bool = False
    params: Params = ()
    group: str = ""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address, in the parts that vCard has."""

    po_box: str = ""
    extended: str = ""
    street: str = ""
    locality: str = ""
    region: str = ""
    postcode: str = ""
    country: str = ""
    types: tuple[str, ...] = ()
    label: str = ""
    is_preferred: bool = False
    params: Params = ()
    group: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        return (
            self.po_box, self.extended, self.street, self.locality, self.region, self.postcode,
            self.country,
        )  # fmt: skip

    @property
    def shown(self) -> tuple[str, ...]:
        """The lines of an envelope."""
        town = f"{self.postcode} {self.locality}".strip()
        lines = (self.extended, self.street, self.po_box, town, self.region, self.country)
        return tuple(filter(None, lines))


@dataclass(frozen=True, slots=True)
class Name:
    family: str = ""
    given: str = ""
    additional: str = ""
    prefixes: str = ""
    suffixes: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        return (self.family, self.given, self.additional, self.prefixes, self.suffixes)

    @property
    def whole(self) -> str:
        parts = (self.prefixes, self.given, self.additional, self.family, self.suffixes)
        return " ".join(filter(None, parts))


@dataclass(frozen=True, slots=True)
class Card:
    """`name` is how it is shown. `birthday` is a date (1996-04-15, or --04-15 without its year).
    `kept` is what a file said and we do not interpret; `params` what it said of single fields."""

    name: str
    kind: str = PERSON
    parts: Name = Name()
    nickname: str = ""
    organisation: str = ""
    units: tuple[str, ...] = ()
    job_title: str = ""
    emails: tuple[Entry, ...] = ()
    phones: tuple[Entry, ...] = ()
    addresses: tuple[Address, ...] = ()
    urls: tuple[Entry, ...] = ()
    birthday: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()
    uid: str = ""
    kept: tuple[Property, ...] = ()
    params: tuple[tuple[str, Params], ...] = ()


def as_json(value: Any) -> Any:
    """A part of a card (or a whole one) as JSON can hold it."""
    return asdict(value)


def card_from(data: dict[str, Any]) -> Card:
    """What `as_json` made."""
    known = dict(data)
    lists = {
        "emails": Entry,
        "phones": Entry,
        "urls": Entry,
        "addresses": Address,
        "kept": Property,
    }
    for name, kind in lists.items():
        known[name] = tuple(
            kind(**{key: _frozen(value) for key, value in row.items()})
            for row in known.get(name, ())
        )
    known["parts"] = Name(**known.get("parts", {}))
    for name in ("units", "tags", "params"):
        known[name] = _frozen(known.get(name, ()))
    return Card(**known)


def _frozen(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(_frozen(each) for each in value) if isinstance(value, (list, tuple)) else value


def regrouped(card: Card, taken: set[str]) -> Card:
    """The same with groups that are not taken, so that the lines of two cards can be put into
    one."""
    names: dict[str, str] = {}

    def free(group: str) -> str:
        if not group or group not in taken:
            return group
        if group not in names:
            number = len(taken) + 1
            while f"item{number}" in taken | set(names.values()):
                number += 1
            names[group] = f"item{number}"
        return names[group]

    changed: dict[str, Any] = {
        name: tuple(replace(row, group=free(row.group)) for row in getattr(card, name))
        for name in ("emails", "phones", "urls", "addresses", "kept")
    }
    return replace(card, **changed)


def groups_of(card: Card) -> set[str]:
    rows: tuple[Entry | Address | Property, ...] = (
        *card.emails, *card.phones, *card.urls, *card.addresses, *card.kept,
    )  # fmt: skip
    return {row.group for row in rows if row.group}
