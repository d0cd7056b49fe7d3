"""vCards of any version into cards. What we do not interpret is kept as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from organizer.address_book.card import (
    ORGANISATION,
    PERSON,
    Address,
    Card,
    Entry,
    Name,
    Params,
    Property,
)
from organizer.address_book.lines import Line, RawCard, raw_cards

LARGEST_CARD: Final = 1_000_000
MOST_LINES: Final = 2_000
ENTRIES: Final = {"EMAIL", "TEL", "URL", "ADR"}
KINDS: Final = {"individual": PERSON, "org": ORGANISATION, "organization": ORGANISATION}
PLACES: Final = ("po_box", "extended", "street", "locality", "region", "postcode", "country")
# What Google files everybody under.
NO_TAGS: Final = {"mycontacts"}
# What is about the file or our own reading of it, not about the contact.
PASSED_OVER: Final = {"PRODID", "REV", "PROFILE"}
TYPES_OF_TEXT: Final = {"internet", "pref"}
MEDIA: Final = {"PHOTO": "image", "LOGO": "image", "SOUND": "audio", "KEY": "application"}
DAY: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?|--(\d{2})-?(\d{2})(?:[T ].*)?")


@dataclass(frozen=True, slots=True)
class ReadCard:
    """A card, or a stable code of why there is none: `too_large`, `not_ended`, `empty`. `line` is
    where it begins in the file."""

    line: int
    card: Card | None = None
    problem: str = ""


def read_vcards(data: bytes) -> Iterator[ReadCard]:
    """The cards of a file, good or refused, in their order."""
    for raw in raw_cards(data):
        if raw.size > LARGEST_CARD or len(raw.lines) > MOST_LINES:
            yield ReadCard(raw.first, problem="too_large")
        elif not raw.is_ended:
            yield ReadCard(raw.first, problem="not_ended")
        else:
            card = _Reader(raw).card()
            yield ReadCard(raw.first, card, "" if card else "empty")


@dataclass(slots=True)
class _Lists:
    emails: list[Entry] = field(default_factory=list)
    phones: list[Entry] = field(default_factory=list)
    urls: list[Entry] = field(default_factory=list)
    addresses: list[Address] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    kept: list[Property] = field(default_factory=list)


class _Reader:
    """One card's lines, one after the other."""

    def __init__(self, raw: RawCard) -> None:
        self.is_old = raw.version == "2.1"
        self.lines = raw.lines
        self.one: dict[str, Any] = {}
        self.params: dict[str, Params] = {}
        self.many = _Lists()
        tied = {line.group for line in raw.lines if line.group and line.name in ENTRIES}
        self.labels = {
            line.group: self.text(line.value)
            for line in raw.lines
            if line.name == "X-ABLABEL" and line.group in tied
        }
        groups = Counter(line.group for line in raw.lines if line.name != "X-ABLABEL")
        # A group of one line ties nothing together.
        self.shared = {group for group, count in groups.items() if group and count > 1}

    def card(self) -> Card | None:
        for line in self.lines:
            self.take(line)
        name = self.one.pop("name", "") or self._made_up_name()
        if not name:
            return None
        parts = self.one.setdefault("parts", Name())
        organisation = self.one.get("organisation", "")
        if "kind" not in self.one and organisation == name and not any(parts.parts):
            self.one["kind"] = ORGANISATION
        lists: dict[str, Any] = {key: tuple(getattr(self.many, key)) for key in _Lists.__slots__}
        return Card(name=name, **self.one, **lists, params=tuple(self.params.items()))

    def take(self, line: Line) -> None:
        if line.name in PASSED_OVER or (line.name == "X-ABLABEL" and line.group in self.labels):
            return
        handler = getattr(self, f"take_{line.name.lower().replace('-', '_')}", None)
        if handler is None or line.is_base64 or not handler(line):
            self.many.kept.append(self.kept(line))

    # --- One of a kind: true when it was taken ----------------------------------------------------

    def once(self, name: str, line: Line, value: Any) -> bool:
        """Only the first counts; params that we do not know are kept beside it."""
        if name in self.one or line.group in self.shared:
            return False
        self.one[name] = value
        if left := _left(line, "VALUE"):
            self.params[line.name] = left
        return True

    def take_fn(self, line: Line) -> bool:
        value = " ".join(self.text(line.value).split())
        return not value or self.once("name", line, value)

    def take_n(self, line: Line) -> bool:
        parts = [each.replace(",", " ").strip() for each in self.parts(line.value)]
        if not any(parts):
            return True
        rest = parts[5:]
        return not any(rest) and self.once("parts", line, Name(*parts[:5]))

    def take_nickname(self, line: Line) -> bool:
        return self.once("nickname", line, self.text(line.value))

    def take_org(self, line: Line) -> bool:
        first, *units = self.parts(line.value)
        while units and not units[-1]:
            units.pop()
        if not first and not units:
            return True
        return self.once("organisation", line, first) and self.once("units", line, tuple(units))

    def take_title(self, line: Line) -> bool:
        return self.once("job_title", line, self.text(line.value))

    def take_note(self, line: Line) -> bool:
        return self.once("notes", line, self.text(line.value))

    def take_uid(self, line: Line) -> bool:
        return 0 < len(line.value) <= 255 and self.once("uid", line, self.text(line.value))

    def take_kind(self, line: Line) -> bool:
        known = KINDS.get(line.value.strip().lower())
        return known is not None and self.once("kind", line, known)

    def take_x_abshowas(self, line: Line) -> bool:
        """Apple's way to say that it is an organisation."""
        return line.value.strip().upper() == "COMPANY" and self.once("kind", line, ORGANISATION)

    def take_bday(self, line: Line) -> bool:
        found = DAY.fullmatch(line.value.strip())
        if found is None:
            return False
        year, month, day, month_alone, day_alone = found.groups()
        if year is None or year == "1604" or year in line.all_of("X-APPLE-OMIT-YEAR"):
            return self._born(line, f"--{month or month_alone}{day or day_alone}")
        return self._born(line, f"{year}-{month}-{day}")

    def _born(self, line: Line, value: str) -> bool:
        taken = self.once("birthday", line, value)
        left = _left(line, "VALUE", "X-APPLE-OMIT-YEAR")
        if taken and not left:
            self.params.pop(line.name, None)
        return taken

    # --- Several of a kind ------------------------------------------------------------------------

    def take_email(self, line: Line) -> bool:
        return self._entry(self.many.emails, line, self.text(line.value).strip(), "mailto:")

    def take_tel(self, line: Line) -> bool:
        return self._entry(self.many.phones, line, self.text(line.value).strip(), "tel:")

    def take_url(self, line: Line) -> bool:
        # An address of the web is no text: only Apple escapes its colon.
        value = line.value.strip().replace("\\:", ":").replace("\\,", ",").replace("\\;", ";")
        return self._entry(self.many.urls, line, value, "")

    def take_adr(self, line: Line) -> bool:
        parts = [each.strip() for each in self.parts(line.value)]
        if not any(parts):
            return True
        if any(parts[7:]):
            return False
        types, is_preferred = _types(line)
        label, params = self.labels.get(line.group, ""), _left(line, "TYPE", "VALUE")
        placed: dict[str, Any] = dict(zip(PLACES, parts, strict=False))
        self.many.addresses.append(
            Address(
                **placed, types=types, label=label, is_preferred=is_preferred, params=params,
                group=self.group(line),
            )
        )  # fmt: skip
        return True

    def take_categories(self, line: Line) -> bool:
        if _left(line) or line.group in self.shared:
            return False
        found = [self.text(each).strip() for each in re.split(r"(?<!\\),", line.value)]
        tags = dict.fromkeys(tag for tag in found if tag and tag.lower() not in NO_TAGS)
        self.many.tags.extend(tag for tag in tags if tag not in self.many.tags)
        return True

    def _entry(self, rows: list[Entry], line: Line, value: str, scheme: str) -> bool:
        if value.lower().startswith(scheme):
            value = value[len(scheme) :]
        if not value:
            return True
        types, is_preferred = _types(line)
        label, params = self.labels.get(line.group, ""), _left(line, "TYPE", "VALUE")
        rows.append(Entry(value, types, label, is_preferred, params, self.group(line)))
        return True

    def group(self, line: Line) -> str:
        return line.group if line.group in self.shared else ""

    # --- Text -------------------------------------------------------------------------------------

    def text(self, value: str) -> str:
        """Without its escapes. Version 2.1 knows fewer: a backslash there may be one."""
        signs = r"\\([;,:\\])" if self.is_old else r"\\([;,:\\nN])"
        return re.sub(signs, lambda found: "\n" if found[1] in "nN" else found[1], value)

    def parts(self, value: str) -> list[str]:
        """The parts of a structured value."""
        return [self.text(each) for each in _split(value)]

    def kept(self, line: Line) -> Property:
        """As version 4 would write it."""
        if line.is_base64:
            return _as_uri(line)
        return Property(line.name, line.value.replace("\n", "\\n"), line.params, line.group)

    def _made_up_name(self) -> str:
        """What a card without a name is called by."""
        parts = self.one.get("parts", Name()).whole
        many = (*self.many.emails, *self.many.phones)
        said = (parts, self.one.get("organisation"), self.one.get("nickname"))
        return next(filter(None, (*said, *(row.value for row in many))), "")


def _split(value: str) -> list[str]:
    """At semicolons that are not escaped."""
    parts, start, is_escaped = [], 0, False
    for place, char in enumerate(value):
        if char == ";" and not is_escaped:
            parts.append(value[start:place])
            start = place + 1
        is_escaped = char == "\\" and not is_escaped
    return [*parts, value[start:]]


def _types(line: Line) -> tuple[tuple[str, ...], bool]:
    """The types in small letters, each once, and whether it is the preferred one."""
    said = [part.strip().lower() for each in line.all_of("TYPE") for part in each.split(",")]
    is_preferred = "pref" in said or line.all_of("PREF") == ("1",)
    kept = dict.fromkeys(each for each in said if each and each not in TYPES_OF_TEXT)
    return tuple(kept), is_preferred


def _left(line: Line, *known: str) -> Params:
    """The params that are not told otherwise."""
    return tuple(
        (name, values)
        for name, values in line.params
        if name not in known and not (name == "PREF" and values == ("1",))
    )


def _as_uri(line: Line) -> Property:
    """Bytes within the card, as version 4 has them: a data URI."""
    said = [each.lower() for each in (*line.all_of("MEDIATYPE"), *line.all_of("TYPE"))]
    media = next((each for each in said if "/" in each), "")
    if not media:
        kind = next((each for each in said if each not in TYPES_OF_TEXT), "octet-stream")
        media = f"{MEDIA.get(line.name, 'application')}/{kind}"
    params = tuple((k, v) for k, v in line.params if k not in ("TYPE", "VALUE", "MEDIATYPE"))
    return Property(line.name, f"data:{media};base64,{line.value}", params, line.group)
