"""CSV and its kin: any separator, any charset, headings in many languages or none.

What a column holds is proposed from its heading and its values (`propose`), and may be said by a
person (`mapping`: part -> heading). Rows above the headings (an account's name, a period) are
passed over.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from finance.money import InvalidMoney
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement
from finance.statements.readers.values import decimal_mark, order_of, parse_amount, parse_day

# "date" and "amount", or "date" with "debit" and "credit", are needed.
PARTS: Final = (
    "date", "amount", "debit", "credit", "sign", "payee", "description", "currency", "id",
    "balance",
)  # fmt: skip
_SEPARATORS: Final = (";", "\t", ",", "|")
_DEBITS: Final = frozenset(
    {"d", "dr", "debit", "s", "soll", "af", "out", "debet", "-", "withdrawal"}
)


@dataclass(frozen=True, slots=True)
class Table:
    """`first` is the file's number of the row below the headings."""

    headings: tuple[str, ...]
    rows: list[list[str]]
    first: int


def read(text: str, currency: str, mapping: Mapping[str, str]) -> Statement:
    """Raises UnreadableStatement where a needed column is not known."""
    return read_table(table_of(text), currency, mapping)


def read_table(table: Table, currency: str, mapping: Mapping[str, str]) -> Statement:
    """As `read`, of a table whose rows are known. Raises UnreadableStatement."""
    columns = _columns(table, mapping or propose(table))
    cells = {part: [row[at].strip() for row in table.rows] for part, at in columns.items()}
    order = order_of(cells["date"][:2000], currency)
    if order is None:
        heading = table.headings[columns["date"]]
        raise UnreadableStatement(f"The column “{heading}” holds no days.")
    amounts = [each for part in ("amount", "debit", "credit") for each in cells.get(part, ())]
    reading = _Reading(order, decimal_mark(amounts), currency)
    lines: list[Line] = []
    problems: list[Problem] = []
    for at, row in enumerate(table.rows):
        if not any(row) or not any(map(str.strip, row)):
            continue
        values = {part: of_part[at] for part, of_part in cells.items()}
        try:
            line = reading.line(table.first + at, values)
        except (ValueError, InvalidMoney) as error:
            problems.append(Problem(table.first + at, " | ".join(row)[:300], str(error)))
        else:
            lines += [line] if line is not None else []
    return Statement(tuple(lines), tuple(problems), headings=table.headings)


@dataclass(frozen=True, slots=True)
class _Reading:
    order: str
    mark: str
    currency: str

    def line(self, row: int, values: Mapping[str, str]) -> Line | None:
        """None for a row without a movement (a total, a balance of zero)."""
        code = values.get("currency", "").upper()
        code = code if code and re.fullmatch("[A-Z]{3}", code) else self.currency
        if values.get("amount"):
            amount = parse_amount(values["amount"], code, self.mark)
            if values.get("sign", "").casefold() in _DEBITS:
                amount = -abs(amount)
        elif values.get("debit") and parse_amount(values["debit"], code, self.mark):
            amount = -abs(parse_amount(values["debit"], code, self.mark))
        elif values.get("credit"):
            amount = abs(parse_amount(values["credit"], code, self.mark))
        else:
            raise ValueError("It has no amount.")
        day = parse_day(values["date"], self.order)
        payee, words = values.get("payee", ""), values.get("description", "")
        if not amount:
            return None
        return Line(row, day, amount, payee or words, words if payee else "", values.get("id", ""))


def has_headings(text: str) -> bool:
    """Whether one of its first rows names a date and an amount in a language that is known."""
    return any(map(_looks_like_headings, _rows(text[:8192])[:40]))


def table_of(text: str) -> Table:
    """The rows of a table, and its headings: the first row that knows a date and an amount.
    Raises UnreadableStatement."""
    rows = _rows(text)
    for at, row in enumerate(rows[:40]):
        if _looks_like_headings(row):
            width = len(row)
            headings = _unique(row)
            return Table(headings, [_fitted(each, width) for each in rows[at + 1 :]], at + 2)
    dated = [row for row in rows if order_of(row[:1] + row[1:2]) is not None]
    if not dated:
        raise UnreadableStatement(
            "No row of this file has the headings of a date and an amount. Add a first row that"
            " names the columns."
        )
    width = max(map(len, dated))
    first = rows.index(dated[0])
    above = _fitted(rows[first - 1], width) if first else []
    named = bool(above) and sum(bool(cell.strip()) for cell in above) * 2 > width
    headings = tuple(f"Column {number}" for number in range(1, width + 1))
    if named and not any(char.isdigit() for cell in above for char in cell):
        headings = _unique(above)
    return Table(headings, [_fitted(row, width) for row in rows[first:]], first + 1)


def _rows(text: str) -> list[list[str]]:
    head = [line for line in text.splitlines()[:60] if line.strip()]
    declared = re.match(r"(?i)sep=(.)\s*$", head[0]) if head else None
    counts = {mark: sorted(line.count(mark) for line in head) for mark in _SEPARATORS}
    # The separator stands in most lines: the median, not a few long ones, decides.
    best = max(_SEPARATORS, key=lambda mark: (counts[mark] or [0])[len(counts[mark]) // 2])
    try:
        lines = io.StringIO(text, newline=None)
        return list(csv.reader(lines, delimiter=declared[1] if declared else best))
    except csv.Error as error:
        raise UnreadableStatement(f"This is no table: {error}.") from error


def _fitted(row: list[str], width: int) -> list[str]:
    return row if len(row) >= width else [*row, *[""] * (width - len(row))]


def _unique(row: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for number, cell in enumerate(row, 1):
        name = " ".join(cell.split()) or f"Column {number}"
        found.append(name if name not in found else f"{name} ({number})")
    return tuple(found)


@cache
def _words() -> dict[str, str]:
    """Heading, folded → the part it names."""
    path = Path(__file__).parent / "headings.toml"
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    return {_folded(word): part for part, words in data.items() for word in words}


def _folded(text: str) -> str:
    text = re.sub(r"\([^)]*\)|\[[^\]]*\]", " ", text.casefold())
    return " ".join(re.sub(r"[^\w]+", " ", text).split())


def _looks_like_headings(row: Sequence[str]) -> bool:
    parts = {_words().get(_folded(cell)) for cell in row}
    return "date" in parts and bool(parts & {"amount", "debit", "credit"})


def propose(table: Table) -> dict[str, str]:
    """Part → heading: by the words of the headings, the first of each; without words, by what the
    columns hold."""
    of_part: dict[str, list[str]] = defaultdict(list)
    for heading in table.headings:
        part = _words().get(_folded(heading))
        if part is not None:
            of_part[part].append(heading)
    if "date" not in of_part:
        return _by_values(table)
    # Who is paid, and for what, often stand in several columns: the more telling word goes before.
    for part in ("payee", "description"):
        of_part[part].sort(key=lambda heading: list(_words()).index(_folded(heading)))
    of_part["description"] += of_part["payee"][1:]
    found = {part: headings[0] for part, headings in of_part.items() if headings}
    if "amount" in found:
        found.pop("debit", None)
        found.pop("credit", None)
    return found


def _by_values(table: Table) -> dict[str, str]:
    found: dict[str, str] = {}
    columns = list(zip(*table.rows[:200], strict=False))
    for heading, column in zip(table.headings, columns, strict=False):
        filled = [cell for cell in column if cell.strip()]
        if not filled:
            continue
        if order_of(filled[:50]) is not None and "date" not in found:
            found["date"] = heading
        elif all(re.fullmatch(r"[-+(]?[\d.,' ]+[-)]?", cell.strip()) for cell in filled):
            found.setdefault("amount", heading)
        else:
            found.setdefault("payee", heading)
    return found


def _columns(table: Table, mapping: Mapping[str, str]) -> dict[str, int]:
    unknown = [each for each in mapping.values() if each not in table.headings]
    if unknown:
        raise UnreadableStatement(f"The file has no column “{unknown[0]}”.")
    columns = {part: table.headings.index(heading) for part, heading in mapping.items() if heading}
    if "date" not in columns or not columns.keys() & {"amount", "debit", "credit"}:
        raise UnreadableStatement(
            "Say which column holds the date and which the amount (or money out and money in)."
        )
    return columns
