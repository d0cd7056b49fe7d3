"""The lines of vCards 2.1, 3.0 and 4.0 as properties, from the bytes of a file.

Bytes, because old files fold in the middle of a character, and name a charset line by line.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from organizer.address_book.card import Params

ENCODINGS: Final = {"QUOTED-PRINTABLE", "BASE64", "B", "7BIT", "8BIT"}
PLACES: Final = {"INLINE", "URL", "CONTENT-ID", "CID"}
BREAK: Final = re.compile(rb"\r\n|\n|\r")
BASE64: Final = re.compile(rb"[A-Za-z0-9+/]+=*\s*")
# A property begins with its name, perhaps behind a group.
HEAD: Final = re.compile(rb"(?:([A-Za-z0-9_-]+)\.)?([A-Za-z0-9_-]+)")
CARETS: Final = {"^n": "\n", "^'": '"', "^^": "^"}


@dataclass(frozen=True, slots=True)
class Line:
    """One property as it was written. `value` is decoded text; escapes are still in it."""

    name: str
    value: str
    params: Params = ()
    group: str = ""
    is_base64: bool = False

    def all_of(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, values in self.params if key == name for value in values)


@dataclass(slots=True)
class RawCard:
    """One BEGIN to END; `first` is the number of its first line in the file."""

    first: int
    lines: list[Line] = field(default_factory=list)
    size: int = 0
    version: str = ""
    is_ended: bool = False


def raw_cards(data: bytes) -> Iterator[RawCard]:
    """Every card of a file in its order; what stands between cards is passed over."""
    card: RawCard | None = None
    nested: list[bytes] = []
    depth = 0
    for number, raw in _unfolded(_as_utf8(data)):
        mark = raw.strip().removeprefix(b"\xef\xbb\xbf").upper().replace(b" ", b"")
        if mark == b"BEGIN:VCARD":
            depth += 1
            if depth == 1 or card is None:
                card = RawCard(number)
                continue
        if card is None:
            continue
        card.size += len(raw) + 2
        if depth > 1:
            # An AGENT of version 2.1: a card within the card, kept as its text.
            nested.append(raw)
            if mark == b"END:VCARD":
                depth -= 1
                if depth == 1:
                    text = _decoded(b"\\n".join(nested).replace(b";", b"\\;"), "")
                    card.lines.append(Line("AGENT", text))
                    nested = []
            continue
        if mark == b"END:VCARD":
            card.is_ended = True
            yield card
            card, depth = None, 0
            continue
        _take(card, raw)
    if card is not None:
        yield card


def plain_lines(data: bytes) -> Iterator[tuple[int, Line]]:
    """The properties of any file of this family (RFC 5545 too) with the numbers of their lines."""
    for number, raw in _unfolded(_as_utf8(data)):
        line = _line(raw, "")
        if line is not None:
            yield number, line


def _take(card: RawCard, raw: bytes) -> None:
    line = _line(raw, card.version)
    if line is None:
        return
    if line.name == "VERSION":
        card.version = line.value.strip()
    elif not (line.name == "AGENT" and not line.value.strip()):
        card.lines.append(line)


def _as_utf8(data: bytes) -> bytes:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    return data.removeprefix(b"\xef\xbb\xbf")


@dataclass(slots=True)
class _Held:
    """A logical line while its continuations come."""

    first: int
    parts: list[bytes]
    is_base64: bool
    is_quoted_printable: bool

    @classmethod
    def begun(cls, first: int, raw: bytes) -> _Held:
        head = raw[:400].partition(b":")[0].upper()
        is_base64 = b"BASE64" in head or b"ENCODING=B" in head
        return cls(first, [raw], is_base64, b"QUOTED-PRINTABLE" in head)

    def takes(self, raw: bytes, version: bytes) -> bool:
        """Join the next line, unless it begins a property."""
        if self.is_quoted_printable and self.parts[-1].endswith(b"="):
            self.parts[-1] = self.parts[-1][:-1]
            self.parts.append(raw)
        elif raw[:1] in (b" ", b"\t"):
            # Version 2.1 folds at a blank that belongs to the text.
            is_text = version == b"2.1" and not self.is_base64
            self.parts.append(raw if is_text else raw[1:])
        elif self.is_base64 and raw and BASE64.fullmatch(raw):
            self.parts.append(raw)
        else:
            return False
        return True


def _unfolded(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Logical lines with the number of their first."""
    version, held = b"", _Held(0, [], is_base64=False, is_quoted_printable=False)
    for number, raw in enumerate(BREAK.split(data), start=1):
        if held.parts and held.takes(raw, version):
            continue
        if held.parts:
            yield held.first, b"".join(held.parts)
        if raw[:8].upper() == b"VERSION:":
            version = raw[8:].strip()
        held = _Held.begun(number, raw)
    yield held.first, b"".join(held.parts)


def _line(raw: bytes, version: str) -> Line | None:
    head, value = _head_and_value(raw.strip(b"\x00"))
    found = HEAD.match(head.strip().removeprefix(b"\xef\xbb\xbf"))
    if found is None or value is None:
        return None
    name = found[2].decode("ascii").upper()
    group = (found[1] or b"").decode("ascii")
    given = _params(_decoded(head.strip()[found.end() :], ""), version)
    encoding = next((v.upper() for k, vs in given if k == "ENCODING" for v in vs), "")
    charset = next((v for k, vs in given if k == "CHARSET" for v in vs), "")
    if encoding == "QUOTED-PRINTABLE":
        value = quopri.decodestring(value)
    params = tuple((k, vs) for k, vs in given if k not in ("ENCODING", "CHARSET"))
    text = _decoded(value, charset).replace("\0", "")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if encoding in ("B", "BASE64"):
        return Line(name, "".join(text.split()), params, group, is_base64=True)
    return Line(name, text, params, group)


def _head_and_value(raw: bytes) -> tuple[bytes, bytes | None]:
    """Split at the first colon that no quotes enclose; at the first at all if quotes are odd."""
    is_quoted = False
    for place, byte in enumerate(raw):
        if byte == 0x22:
            is_quoted = not is_quoted
        elif byte == 0x3A and not is_quoted:
            return raw[:place], raw[place + 1 :]
    head, colon, value = raw.partition(b":")
    return (head, value) if colon else (raw, None)


def _params(text: str, version: str) -> Params:
    """Each name once, in its order. A bare word is a type, or an encoding of version 2.1."""
    found: dict[str, list[str]] = {}
    for part in _outside_quotes(text, ";"):
        name, equals, value = part.strip().partition("=")
        if not equals and name:
            word = name.upper()
            name = "ENCODING" if word in ENCODINGS else "VALUE" if word in PLACES else "TYPE"
            value = part.strip()
        if name:
            values = [_plain(each, version) for each in _outside_quotes(value, ",")]
            found.setdefault(name.strip().upper(), []).extend(values)
    return tuple((name, tuple(values)) for name, values in found.items())


def _outside_quotes(text: str, sign: str) -> list[str]:
    parts, start, is_quoted = [], 0, False
    for place, char in enumerate(text):
        if char == '"':
            is_quoted = not is_quoted
        elif char == sign and not is_quoted:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def _plain(value: str, version: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = value[1:-1]
    if version != "2.1":
        value = re.sub(r"\^[n'^]", lambda found: CARETS[found[0]], value)
    return value.replace("\0", "")


def _decoded(value: bytes, charset: str) -> str:
    """By the charset that the line names, else UTF-8; what is neither is Windows' Western one."""
    for name in (charset, "utf-8", "cp1252"):
        try:
            return value.decode(name) if name else value.decode()
        except (LookupError, ValueError):
            continue
    return value.decode("latin-1")
