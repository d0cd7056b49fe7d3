"""SWIFT MT940 (and MT942), by the library mt-940."""

from __future__ import annotations

import logging
import re
from datetime import date
from typing import Any

import mt940

from finance.money import InvalidMoney, Money
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement

# It logs what it cannot read, word for word: that is nobody's but the person's.
logging.getLogger("mt940").propagate = False
logging.getLogger("mt940").addHandler(logging.NullHandler())
# What reverses a credit goes out.
_OPTIONS = mt940.Options(reversal_sign=True)
# A statement begins with its reference, whatever envelope is around it.
_START = re.compile(r"(?m)^:20:")
_NOISE = re.compile(r"(?m)^(?:\{[1-5]:.*|-\}?|\$)$")


def read(text: str, currency: str) -> list[Statement]:
    """One statement for each :20: of the file."""
    text = _NOISE.sub("", text.replace("\r\n", "\n"))
    starts = [match.start() for match in _START.finditer(text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=False)]
    found = [statement for piece in pieces if (statement := _statement(piece, currency))]
    if not found:
        raise UnreadableStatement("This MT940 file holds no movements.")
    return found


def _statement(piece: str, currency: str) -> Statement | None:
    try:
        parsed = mt940.parse(piece, options=_OPTIONS)
    except Exception as error:
        # The library raises whatever its regular expressions and numbers raise.
        raise UnreadableStatement(f"This MT940 file cannot be read: {error}") from error
    code = parsed.currency or currency
    lines: list[Line] = []
    problems: list[Problem] = []
    for row, entry in enumerate(parsed, 1):
        try:
            lines.append(_line(row, entry.data, code))
        except (KeyError, AttributeError, InvalidMoney) as error:
            problems.append(Problem(row, str(entry.data)[:300], str(error)))
    number = str(parsed.data.get("account_identification") or "")
    closing = parsed.data.get("final_closing_balance")
    if not lines and not problems and closing is None:
        return None
    held = _held(closing, code)
    return Statement(
        tuple(lines), tuple(problems), digits=re.sub(r"\D", "", number)[-4:], currency=code,
        closing=held,
        closing_on=_plain(closing.date) if closing and held is not None else None,
    )  # fmt: skip


def _held(closing: Any, currency: str) -> Money | None:
    try:
        return Money.parse(closing.amount.amount, currency) if closing else None
    except InvalidMoney:
        return None


def _line(row: int, data: dict[str, Any], currency: str) -> Line:
    details = data.get("transaction_details") or ""
    payee = data.get("applicant_name") or ""
    purpose = data.get("purpose") or data.get("additional_purpose") or _words(details)
    bank_id = data.get("bank_reference") or ""
    return Line(
        row,
        _plain(data.get("entry_date") or data["date"]),
        Money.parse(data["amount"].amount, currency),
        " ".join((payee or purpose).split()),
        " ".join(purpose.split()) if payee else "",
        "" if bank_id in ("", "NONREF") else f"{bank_id}/{data.get('customer_reference') or ''}",
    )


def _words(details: str) -> str:
    """Without the field codes of national dialects: "?20REF?21…"."""
    return re.sub(r"[?/]\d\d|\?[A-Z]{2}", " ", details).strip()


def _plain(day: date) -> date:
    return date(day.year, day.month, day.day)
