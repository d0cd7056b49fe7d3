"""Which format a file has, and its statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from charset_normalizer import from_bytes

from finance.statements.lines import Statement, UnreadableStatement
from finance.statements.readers import archive, camt, json_lines, mt940, ofx, qif, table

LARGEST: Final = 50 * 2**20
_READERS: Final = {
    "ofx": ofx.read,
    "camt": camt.read,
    "mt940": mt940.read,
    "qif": qif.read,
    "jsonl": json_lines.read,
}
_CHARSETS: Final = ("cp1251", "cp1250", "shift_jis", "gb18030", "cp949", "big5", "cp1252")
# A word begun in another script than it goes on in: the wrong charset.
_MIXED: Final = re.compile(r"[^\W\d_a-zA-Z\u00aa-\u024f][a-z]|[a-zA-Z][^\W\d_a-zA-Z\u00aa-\u024f]")
FORMATS: Final = (*_READERS, "csv")


def text_of(data: bytes) -> str:
    """The text of a file in whatever charset. Raises UnreadableStatement."""
    if data[:4] == b"PK\x03\x04":
        data = archive.ledger_in(data) or data
    if data[:4] in (b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"):
        raise UnreadableStatement(
            "This is a spreadsheet, an archive or a PDF file. Download the statement as CSV, OFX,"
            " QIF, CAMT.053 or MT940."
        )
    for charset in ("utf-8-sig", "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"):
        try:
            text = data.decode(charset)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    guessed = from_bytes(data).best()
    texts = [str(guessed)] if guessed is not None else []
    # Headings that are known say more of a short file than its letters do.
    for charset in _CHARSETS:
        with suppress(UnicodeDecodeError):
            texts.append(data.decode(charset))
    texts = [text for text in texts if "\0" not in text]
    if not texts:
        raise UnreadableStatement("The file holds no text.")
    known = [text for text in texts if table.has_headings(text)]
    return next((text for text in known if not _MIXED.search(text)), (known or texts)[0])


def format_of(text: str) -> str:
    """The format that a file has; what nothing else fits is a table."""
    head = text[:4096].lstrip()
    if head.startswith("OFXHEADER") or "<OFX>" in head.upper() or "<?OFX" in head.upper():
        return "ofx"
    if "urn:iso:std:iso:20022:tech:xsd:camt.05" in head or "<BkToCstmr" in head:
        return "camt"
    if head.startswith(("!Type", "!type", "!Account", "!Option")):
        return "qif"
    if head.startswith('{"inledger"'):
        return "jsonl"
    if ":20:" in head and (":61:" in text or ":60F:" in text or ":60M:" in text):
        return "mt940"
    return "csv"


def read(
    text: str, form: str, currency: str, mapping: Mapping[str, str] | None = None
) -> list[Statement]:
    """The statements of a file; `currency` is the account's where the file names none, `mapping`
    says which column of a table is what. Raises UnreadableStatement."""
    if form == "csv":
        return [table.read(text, currency, mapping or {})]
    return _READERS[form](text, currency)
