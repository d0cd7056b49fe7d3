"""Bytes that claim a charset, or none, to text that every database takes. Pure."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import Final

from charset_normalizer import from_bytes

# What mail calls an encoding, and the superset that reads it (https://encoding.spec.whatwg.org).
SUPERSETS: Final = {
    "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-8859-9": "cp1254",
    "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "shift_jis": "cp932",
    "x-sjis": "cp932", "ks_c_5601-1987": "cp949", "euc-kr": "cp949", "windows-874": "cp874",
    "iso-8859-11": "cp874", "tis-620": "cp874", "utf8mb4": "utf-8", "unicode-1-1-utf-7": "utf-7",
    "iso-8859-8-i": "iso-8859-8", "big5": "big5hkscs", "x-mac-roman": "mac-roman",
}  # fmt: skip
# Python codecs that are no charset of mail; punycode takes time in the square of its input.
NOT_CHARSETS: Final = frozenset({"punycode", "idna", "undefined"})
SAMPLE_BYTES: Final = 16_384
LEAST_SAMPLE: Final = 512
UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
C1_CONTROLS: Final = re.compile("[\x80-\x9f]")


def decode(data: bytes, charset: str | None) -> tuple[str, bool]:
    """The text, and whether it is exactly what the declared charset says. An unknown or wrong
    declaration, or none over 8-bit bytes, means a guess: UTF-8 first, then by statistics."""
    codec = _codec(charset)
    if codec is not None:
        try:
            return storable(data.decode(codec)), True
        except UnicodeError:
            if data.isascii():
                return storable(data.decode(codec, "replace")), False
    elif data.isascii():
        return storable(data.decode("ascii")), charset is None
    return storable(_guessed(data, codec)), False


def storable(text: str) -> str:
    """Without NUL, which PostgreSQL refuses, and lone surrogates, which UTF-8 has no bytes for."""
    if text.isascii() and "\x00" not in text:
        return text
    return UNSTORABLE.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


@lru_cache(maxsize=256)
def _codec(charset: str | None) -> str | None:
    name = (charset or "").strip().strip("\"'").lower()
    if not name or len(name) > 40 or not name.isascii() or name in {"us-ascii", "ascii"}:
        return None
    name = SUPERSETS.get(name, name)
    try:
        info = codecs.lookup(name)
        # Tells charsets from Python's other codecs (zlib, say), which refuse to decode to text.
        b"ab".decode(name, "ignore")
    except (LookupError, ValueError):
        return None
    return None if info.name in NOT_CHARSETS or "escape" in info.name else info.name


def _guessed(data: bytes, declared: str | None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if declared is not None:
        # A few broken bytes in the declared charset say less than a guess would get wrong.
        text = data.decode(declared, "replace")
        if text.count("\ufffd") * 10 <= len(text):
            return text
    sample = data[:SAMPLE_BYTES]
    if len(sample) < LEAST_SAMPLE and _share_of_high_bytes(sample) < 0.3:
        # Statistics over so little see Cyrillic in a German name; Latin letters are likelier.
        return data.decode("cp1252", "replace")
    best = from_bytes(sample, chunk_size=512, steps=4).best()
    return data.decode(best.encoding if best else "cp1252", "replace")


def _share_of_high_bytes(data: bytes) -> float:
    return 1 - len(data.decode("ascii", "ignore")) / len(data)
