"""OFX and QFX: 1.x (SGML, closing tags left out) and 2.x (XML). Banks bend both, so that a strict
parser refuses what every other program takes: tags and values are read as they come."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date, datetime

from finance.money import InvalidMoney, Money
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement
from finance.statements.readers.values import decimal_mark, parse_amount

_TAG = re.compile(r"<(/?)([A-Za-z0-9._]+)>([^<]*)")
_BLOCKS = frozenset({"STMTRS", "CCSTMTRS"})


def read(text: str, currency: str) -> list[Statement]:
    """One statement for each account in the file."""
    statements = list(_statements(text, currency))
    if not statements:
        raise UnreadableStatement("This OFX file holds no statement of an account.")
    return statements


def _statements(text: str, currency: str) -> Iterator[Statement]:
    fields: dict[str, str] = {}
    entries: list[dict[str, str]] = []
    entry: dict[str, str] | None = None
    is_open, money = False, ""
    for closing, name, value in _TAG.findall(text):
        name = name.upper()
        if name in _BLOCKS:
            if is_open and (closing or entries or fields):
                yield _statement(fields, entries, currency)
            fields, entries, entry, is_open = {}, [], None, not closing
        elif name == "STMTTRN":
            entry, money = None if closing else {}, ""
            if entry is not None:
                entries.append(entry)
        elif name in ("BANKTRANLIST", "LEDGERBAL", "AVAILBAL"):
            entry = None
            fields["_in"] = "" if closing else name
        elif name in ("CURRENCY", "ORIGCURRENCY"):
            money = "" if closing else f"{name}."
        elif not closing and value.strip():
            target = fields if entry is None else entry
            key = f"{fields.get('_in', '')}.{name}" if entry is None else f"{money}{name}"
            target.setdefault(key, html.unescape(html.unescape(value.strip())))
    if is_open and (entries or fields):
        yield _statement(fields, entries, currency)


def _statement(fields: dict[str, str], entries: list[dict[str, str]], currency: str) -> Statement:
    code = fields.get(".CURDEF", currency).upper()
    lines: list[Line] = []
    problems: list[Problem] = []
    for row, entry in enumerate(entries, 1):
        try:
            lines.append(_line(row, entry, code))
        except (ValueError, InvalidMoney) as error:
            problems.append(Problem(row, " ".join(entry.values())[:300], str(error)))
    number = fields.get(".ACCTID", "")
    closing, closing_on = _closing(fields, code)
    return Statement(
        tuple(lines),
        tuple(problems),
        digits=re.sub(r"\W", "", number)[-4:],
        currency=code,
        closing=closing,
        closing_on=closing_on,
    )


def _line(row: int, entry: dict[str, str], currency: str) -> Line:
    payee = entry.get("NAME") or entry.get("PAYEE") or ""
    memo = entry.get("MEMO", "")
    return Line(
        row,
        _day(entry.get("DTPOSTED") or entry.get("DTUSER") or ""),
        _amount(entry.get("TRNAMT", ""), entry.get("CURRENCY.CURSYM", currency)),
        payee or memo,
        memo if payee else "",
        entry.get("FITID", ""),
    )


def _amount(text: str, currency: str) -> Money:
    """OFX groups no digits, so that each value shows its own mark."""
    return parse_amount(text, currency, decimal_mark([text]))


def _day(text: str) -> date:
    digits = re.match(r"\d{8}", text)
    if digits is None:
        raise ValueError(f"“{text}” is no day.")
    return datetime.strptime(digits[0], "%Y%m%d").date()  # noqa: DTZ007


def _closing(fields: dict[str, str], currency: str) -> tuple[Money | None, date | None]:
    try:
        amount = _amount(fields["LEDGERBAL.BALAMT"], currency)
        return amount, _day(fields["LEDGERBAL.DTASOF"])
    except (KeyError, ValueError, InvalidMoney):
        return None, None
