"""What tells one message from another, however it came. Pure.

A mailbox's server, Google Takeout and a mail program each keep the same message in other bytes:
with their own labels and marks in the header, other ends of line, or "From " quoted for an mbox.
Who has connected Gmail and imports a Takeout of it wants no message twice.
"""

from __future__ import annotations

import hashlib
import re
from typing import Final

# What is written by the sender and stays as it is on the way. Without the first two a message is
# told from others by all its bytes: two payments of one second may read alike.
NAMING: Final = (b"message-id", b"date")
SAID: Final = (*NAMING, b"from", b"to", b"subject", b"content-type", b"content-transfer-encoding")
_LINE_ENDS: Final = re.compile(rb"\r\n?")
_FOLDS: Final = re.compile(rb"\s+")
_QUOTED: Final = re.compile(rb"(?m)^>+(?=From )")


def identity_of(raw: bytes) -> str:
    """64 hexadecimal digits: SHA-256 (FIPS 180-4) of what the sender wrote."""
    message = _LINE_ENDS.sub(b"\n", raw)
    head, found, body = message.lstrip(b"\n").partition(b"\n\n")
    fields = _fields(head)
    if not found or not all(fields.get(name) for name in NAMING):
        return hashlib.sha256(raw).hexdigest()
    digest = hashlib.sha256()
    for name in SAID:
        digest.update(name + b":" + fields.get(name, b"") + b"\n")
    digest.update(_QUOTED.sub(b"", body).rstrip(b"\n"))
    return digest.hexdigest()


def _fields(head: bytes) -> dict[bytes, bytes]:
    """The header's fields that count, unfolded (RFC 5322, 2.2.3); of a repeated one, all."""
    found: dict[bytes, bytes] = {}
    for line in re.split(rb"\n(?![ \t])", head):
        name, colon, value = line.partition(b":")
        name = name.strip().lower()
        if colon and name in SAID:
            told = _FOLDS.sub(b" ", value).strip()
            found[name] = found[name] + b"\0" + told if name in found else told
    return found
