"""QIF, the Quicken Interchange Format: a letter and a value a line, ^ after each movement."""

from __future__ import annotations

import re
from collections.abc import Iterator

from finance.money import InvalidMoney
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement
from finance.statements.readers.values import decimal_mark, order_of, parse_amount, parse_day

_MONEY = re.compile(r"(?i)!type:\s*(bank|cash|ccard|oth [al])")
_SHORT_YEAR = re.compile(r"(\d{1,2})([/.-])(\d{1,2})['/.-](\d\d)")
_OTHER = re.compile(r"(?i)!(?:type|account|option|clear)")


def read(text: str, currency: str) -> list[Statement]:
    """One statement for each list of movements; investments, categories and the like are left
    out."""
    found = [
        statement
        for records in _lists(text)
        if (statement := _statement(records, currency)).lines or statement.problems
    ]
    if not found:
        raise UnreadableStatement("This QIF file holds no movements of an account.")
    return found


def _lists(text: str) -> Iterator[list[dict[str, str]]]:
    records: list[dict[str, str]] = []
    record: dict[str, str] = {}
    reads = False
    for line in text.splitlines():
        if _OTHER.match(line):
            if records:
                yield records
            records, record, reads = [], {}, _MONEY.match(line) is not None
        elif line.startswith("^"):
            if reads and record:
                records.append(record)
            record = {}
        elif line.strip():
            record.setdefault(line[0].upper(), line[1:].strip())
    if reads and record:
        records.append(record)
    if records:
        yield records


def _statement(records: list[dict[str, str]], currency: str) -> Statement:
    mark = decimal_mark(record.get("T", "") for record in records)
    days = [_tidy(record.get("D", "")) for record in records]
    order = order_of(days, currency) or "%m/%d/%Y"
    lines: list[Line] = []
    problems: list[Problem] = []
    for row, (record, day) in enumerate(zip(records, days, strict=True), 1):
        try:
            amount = parse_amount(record.get("T") or record.get("U") or "", currency, mark)
            payee, memo = record.get("P", ""), record.get("M", "")
            lines.append(
                Line(row, parse_day(day, order), amount, payee or memo, memo if payee else "",
                     record.get("N", "") if record.get("N", "").isdigit() else "")
            )  # fmt: skip
        except (ValueError, InvalidMoney) as error:
            problems.append(Problem(row, " ".join(record.values())[:300], str(error)))
    return Statement(tuple(lines), tuple(problems))


def _tidy(day: str) -> str:
    """With four digits for the year: "1/ 5'26" and "1/5/26" as 1/5/2026."""
    found = _SHORT_YEAR.fullmatch(day.replace(" ", ""))
    if found is None:
        return day
    mark = found[2]
    return mark.join([found[1], found[3], f"20{found[4]}"])
