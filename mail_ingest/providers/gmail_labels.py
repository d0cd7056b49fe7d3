"""The labels that Gmail's export (Google Takeout) writes above each message. Pure.

They count only where Gmail writes them, as the first lines: a stranger can put such a header into a
message, but not above those of the servers that carried it.
"""

from __future__ import annotations

import csv
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from mail_ingest.headers import decoded

FILE: Final = Path(__file__).parent / "gmail_labels.toml"
LONGEST_FOLDER: Final = 255
WRITTEN_BY_GMAIL: Final = re.compile(
    rb"X-GM-THRID:[^\n]{1,100}\nX-Gmail-Labels:((?:[^\n]{0,2000}\n[ \t]){0,50}[^\n]{0,2000})\n",
    re.IGNORECASE,
)


def labels_of(raw: bytes) -> list[str]:
    """The labels of an exported message; none where it is not from Gmail's export."""
    match = WRITTEN_BY_GMAIL.match(raw)
    if match is None:
        return []
    line = decoded(re.sub(rb"\r?\n", b"", match[1]))
    return [label.strip() for row in csv.reader([line]) for label in row if label.strip()]


def is_left_out(labels: list[str]) -> bool:
    """Whether Gmail held a message for spam, or it was thrown away."""
    return any(label.casefold() in _left_out() for label in labels)


def folder_of(labels: list[str]) -> str:
    """Labels as the name of a folder, apart by commas; the first ones, where there are many."""
    folder = ", ".join(labels)
    return folder if len(folder) <= LONGEST_FOLDER else folder[:LONGEST_FOLDER].rpartition(", ")[0]


@cache
def _left_out() -> frozenset[str]:
    names = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return frozenset(name.casefold() for name in (*names["spam"], *names["trash"]))
