"""The formats by name. Each is a function from a period to lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from finance.exports.entries import Period
from finance.exports.formats import beancount, csv_table, hledger, json_lines, ofx


@dataclass(frozen=True, slots=True)
class Format:
    """`write` yields pieces of text; the file is UTF-8."""

    name: str
    suffix: str
    content_type: str
    write: Callable[[Period], Iterator[str]]


FORMATS: Final = {
    each.name: each
    for each in (
        Format("csv", "csv", "text/csv", csv_table.write),
        Format("jsonl", "jsonl", "application/x-ndjson", json_lines.write),
        Format("hledger", "journal", "text/plain", hledger.write),
        Format("beancount", "beancount", "text/plain", beancount.write),
        Format("ofx", "ofx", "application/x-ofx", ofx.write),
    )
}
