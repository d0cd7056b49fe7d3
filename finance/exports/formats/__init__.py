"""The formats by name. Each is a function from a period to pieces of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from finance.exports.entries import Period
from finance.exports.formats import archive, beancount, csv_table, hledger, json_lines, ofx


@dataclass(frozen=True, slots=True)
class Format:
    """`write` yields pieces of the file; text is UTF-8."""

    name: str
    suffix: str
    content_type: str
    write: Callable[[Period], Iterator[str] | Iterator[bytes]]


FORMATS: Final = {
    each.name: each
    for each in (
        Format("csv", "csv", "text/csv", csv_table.write),
        Format("jsonl", "jsonl", "application/x-ndjson", json_lines.write),
        Format("archive", "zip", "application/zip", archive.write),
        Format("hledger", "journal", "text/plain", hledger.write),
        Format("beancount", "beancount", "text/plain", beancount.write),
        Format("ofx", "ofx", "application/x-ofx", ofx.write),
    )
}
