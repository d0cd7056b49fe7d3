"""Our own archives (`finance.exports.formats.archive`): JSON lines, and the files attached to their
transactions."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Collection, Iterator
from typing import Final
from zipfile import BadZipFile, ZipFile

from finance.money import InvalidMoney
from finance.statements.lines import UnreadableStatement, keys
from finance.statements.readers.json_lines import line_of

LEDGER: Final = "ledger.jsonl"
LARGEST_TEXT: Final = 200 * 2**20
LARGEST_FILE: Final = 10 * 2**20
LARGEST_FILES: Final = 500 * 2**20
_DAMAGED: Final = (
    BadZipFile, KeyError, OSError, EOFError, NotImplementedError, RuntimeError, ValueError,
    zlib.error,
)  # fmt: skip


def ledger_in(data: bytes) -> bytes | None:
    """Its JSON lines; None of a file that is no archive of ours. Raises UnreadableStatement for
    more than is ever read."""
    try:
        with ZipFile(io.BytesIO(data)) as archive, archive.open(LEDGER) as file:
            found = file.read(LARGEST_TEXT + 1)
    except _DAMAGED:
        return None
    if len(found) > LARGEST_TEXT:
        raise UnreadableStatement("The archive holds too much. Export it by year.")
    return found


def files_in(data: bytes, wanted: Collection[str]) -> Iterator[tuple[str, str, bytes]]:
    """Of each file attached to a line with one of these keys: the key, its name and its bytes;
    nothing of what is no archive of ours. What is damaged or too large is left out."""
    text = ledger_in(data) if data[:4] == b"PK\x03\x04" else None
    if text is None:
        return
    left = LARGEST_FILES
    with ZipFile(io.BytesIO(data)) as archive:
        for key, name, path in _told(text):
            if key in wanted and left > 0:
                try:
                    with archive.open(path) as file:
                        content = file.read(LARGEST_FILE + 1)
                except _DAMAGED:
                    continue
                left -= len(content)
                if len(content) <= LARGEST_FILE:
                    yield key, name, content


def _told(text: bytes) -> Iterator[tuple[str, str, str]]:
    """Key of the line, name and place of each file that the JSON lines name."""
    for raw in text.splitlines():
        try:
            entry = json.loads(raw)["transaction"]
            (key,) = keys([line_of(0, entry)])
            told = [(key, str(each["name"]), str(each["path"])) for each in entry["attachments"]]
        except (ValueError, KeyError, TypeError, InvalidMoney):
            continue
        yield from told
