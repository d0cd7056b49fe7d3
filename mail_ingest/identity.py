"""What tells one message from another, however it came. Pure.

A mailbox's server, Google Takeout and a mail program each keep the same message in other bytes:
with their own labels and marks in the header, other ends of line, or "From " quoted for an mbox.
Who has connected Gmail and imports a Takeout of it wants no message twice.

Mail is hostile: two messages of one identity need not say the same. Whoever takes one for the
other asks `says_same` first.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import Final

from mail_ingest.headers import END_OF_HEADERS
from mail_ingest.parsing import MAX_HEADERS, ParsedEmail, UnparsableMessage, parse_message

# What is written by the sender and stays as it is on the way. Without the first two a message is
# told from others by all its bytes: two payments of one second may read alike.
NAMING: Final = (b"message-id", b"date")
SAID: Final = (
    *NAMING, b"from", b"to", b"subject", b"content-type", b"content-transfer-encoding",
    b"content-disposition",
)  # fmt: skip
_FOLDS: Final = re.compile(rb"\s+")
_QUOTED: Final = re.compile(rb"(?m)^>+(?=From )")
_QUOTED_TEXT: Final = re.compile(r"(?m)^>+(?=From )")


def identity_of(raw: bytes) -> str:
    """64 hexadecimal digits: SHA-256 (FIPS 180-4) of what the sender wrote; of all bytes where
    that cannot be told from the rest."""
    message = _with_one_line_end(raw)
    end = END_OF_HEADERS.search(message, 0, MAX_HEADERS)
    fields = _fields(message[: end.start()]) if end else {}
    if end is None or not all(fields.get(name) for name in NAMING):
        return by_all_bytes(raw)
    digest = hashlib.sha256()
    for name in SAID:
        digest.update(name + b":" + b"\0".join(fields.get(name, ())) + b"\n")
    digest.update(_QUOTED.sub(b"", message[end.end() :]).rstrip(b"\n"))
    return digest.hexdigest()


def by_all_bytes(raw: bytes) -> str:
    """The identity of a message that no other is the same as, unless byte by byte."""
    return hashlib.sha256(raw).hexdigest()


def says_same(one: bytes, other: bytes) -> bool:
    """Whether two messages of one identity are read the same: all that is shown of them, and that
    anything is read from."""
    return one == other or _said(one) == _said(other)


def _said(raw: bytes) -> ParsedEmail | None:
    """None where it cannot be read at all: such a one waits in quarantine, whatever it says."""
    try:
        return _apart_from_the_way(parse_message(raw))
    except UnparsableMessage:
        return None


def _apart_from_the_way(parsed: ParsedEmail) -> ParsedEmail:
    attached = parsed.attached_message
    return replace(
        parsed,
        text=_plain(parsed.text),
        html=_plain(parsed.html),
        # The size is of the bytes as transferred, with ends of line.
        attachments=tuple(replace(each, size=0) for each in parsed.attachments),
        attached_message=_apart_from_the_way(attached) if attached else None,
        received_at=None,
        authentication_results=(),
        defects=(),
        trace=(),
    )


def _plain(text: str) -> str:
    return _QUOTED_TEXT.sub("", "\n".join(text.splitlines())).strip()


def _with_one_line_end(raw: bytes) -> bytes:
    """As the parser reads them: of an old Mac, of the network, or of Unix."""
    if b"\n" not in raw[:MAX_HEADERS]:
        return raw.replace(b"\r", b"\n")
    return raw.replace(b"\r\n", b"\n")


def _fields(head: bytes) -> dict[bytes, list[bytes]]:
    """The header's fields that count, unfolded (RFC 5322, 2.2.3); of a repeated one, all."""
    found: dict[bytes, list[bytes]] = {}
    for line in re.split(rb"\n(?![ \t])", head):
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if colon and name in SAID:
            found.setdefault(name, []).append(_FOLDS.sub(b" ", value).strip())
    return found
