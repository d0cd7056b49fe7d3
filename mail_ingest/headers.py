"""The header block of a message: values, encoded words, addresses and dates. Pure.

Addresses are taken from the undecoded value (RFC 2047 §5 (3): decoding comes after parsing), so
that an encoded `=?…?=` name cannot smuggle in an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.errors import HeaderParseError
from email.header import decode_header
from email.utils import getaddresses, parsedate_to_datetime
from functools import lru_cache
from typing import Final

from mail_ingest.charsets import C1_CONTROLS, decode, storable

Headers = Mapping[str, list[bytes]]

END_OF_HEADERS: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
HEADER_LINE: Final = re.compile(rb"([!-9;-~]{1,100})[ \t]*:(.*)", re.DOTALL)
FOLD: Final = re.compile(rb"\r?\n(?=[ \t])")
# The standard library's address parser takes time in the square of its input.
LONGEST_ADDRESS_LIST: Final = 4_096
LONGEST_VALUE: Final = 8_192


def header_lines(block: bytes) -> Iterator[tuple[str, bytes]]:
    """The headers as they stand, topmost first: lower-case name and unfolded value."""
    for line in re.split(rb"\r?\n", FOLD.sub(b"", block)):
        match = HEADER_LINE.fullmatch(line)
        if match:
            yield match[1].decode("ascii").lower(), match[2].strip()


def split_headers(lines: Iterable[tuple[str, bytes]]) -> dict[str, list[bytes]]:
    """Every value of every header by name, topmost first."""
    headers: dict[str, list[bytes]] = {}
    for name, value in lines:
        headers.setdefault(name, []).append(value)
    return headers


def text_of(headers: Headers, name: str) -> str:
    """The first value as readable text; "" where there is none."""
    values = headers.get(name)
    return decoded(values[0]) if values else ""


def decoded(value: bytes) -> str:
    """RFC 2047 encoded words decoded, 8-bit bytes read as UTF-8 or by a guess, white space
    collapsed."""
    text = _eight_bit(value[:LONGEST_VALUE])
    if "=?" in text:
        try:
            chunks = decode_header(text)
        except (HeaderParseError, ValueError):
            chunks = [(text, None)]
        text = "".join(_chunk(content, charset) for content, charset in chunks)
    return storable(" ".join(text.replace("\x00", "").split()))


def noted(value: bytes) -> str:
    """What a server noted for other programs, as it stands: encoded words are not for such values,
    and decoded they could say what no server did."""
    return storable(" ".join(_eight_bit(value[:LONGEST_VALUE]).replace("\x00", "").split()))


def _chunk(content: bytes | str, charset: str | None) -> str:
    if isinstance(content, str):
        return content
    if charset is None:
        # decode_header gives what stood between encoded words as raw-unicode-escape bytes.
        return content.decode("raw-unicode-escape", "replace")
    return decode(content, charset)[0]


def _eight_bit(value: bytes) -> str:
    text = decode(value, None)[0]
    return text if text.isascii() else C1_CONTROLS.sub(" ", text)


def addresses_of(headers: Headers, name: str) -> list[tuple[str, str]]:
    """(display name, address) of every mailbox in every header of that name. Addresses are
    lower-case; what is not an address is left out."""
    found: list[tuple[str, str]] = []
    for value in headers.get(name, []):
        found.extend(_mailboxes(value[:LONGEST_ADDRESS_LIST]))
    return found


# The same few people write to the same few addresses, and the parser is slow.
@lru_cache(maxsize=4_096)
def _mailboxes(value: bytes) -> tuple[tuple[str, str], ...]:
    try:
        pairs = getaddresses([_eight_bit(value)])
    except (RecursionError, ValueError, IndexError):
        return ()
    return tuple(
        (decoded(name.encode("utf-8", "surrogatepass"))[:255], storable(address).lower()[:320])
        for name, address in pairs
        if 0 < address.find("@") < len(address) - 1
    )


def date_of(value: bytes | None) -> datetime | None:
    """A Date value (RFC 5322 §3.3) in UTC, or None. A date without a zone counts as UTC."""
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value[:100].decode("ascii", "replace"))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        moment = moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return moment if 1970 <= moment.year < 9000 else None


def received_at(headers: Headers) -> datetime | None:
    """When the last server took the message: the date of the topmost Received header."""
    values = headers.get("received")
    return date_of(values[0].rpartition(b";")[2].strip()) if values else None
