"""ISO 20022: camt.053 (statement), camt.052 (report) and camt.054 (notification), any version."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import date

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from finance.money import InvalidMoney, Money
from finance.statements.lines import Line, Problem, Statement, UnreadableStatement

_DECLARATION = re.compile(r"^<\?xml[^>]*\?>")


def read(text: str, currency: str) -> list[Statement]:
    """One statement for each account and page in the file."""
    try:
        # It is text by now, whatever charset it declares.
        root = fromstring(_DECLARATION.sub("", text.lstrip("\ufeff \r\n")).encode())
    except (ET.ParseError, DefusedXmlException, ValueError) as error:
        raise UnreadableStatement(f"This is no well-formed XML: {error}") from error
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    blocks = [each for tag in ("Stmt", "Rpt", "Ntfctn") for each in root.iter(tag)]
    if not blocks:
        raise UnreadableStatement("This CAMT file holds no statement.")
    return [_statement(block, currency) for block in blocks]


def _statement(block: ET.Element, currency: str) -> Statement:
    code = _text(block, "Acct/Ccy") or _first_currency(block) or currency
    number = _text(block, "Acct/Id/IBAN") or _text(block, "Acct/Id/Othr/Id")
    lines: list[Line] = []
    problems: list[Problem] = []
    for row, entry in enumerate(block.findall("Ntry"), 1):
        if _text(entry, "Sts") == "PDNG" or _text(entry, "Sts/Cd") == "PDNG":
            continue  # not booked yet: it comes again when it is
        try:
            lines += _lines(row, entry, code)
        except (ValueError, InvalidMoney) as error:
            problems.append(Problem(row, " ".join(entry.itertext())[:300], str(error)))
    closing = _closing(block)
    return Statement(
        tuple(lines), tuple(problems), digits=number[-4:], currency=code,
        closing=closing[0] if closing else None, closing_on=closing[1] if closing else None,
    )  # fmt: skip


def _lines(row: int, entry: ET.Element, currency: str) -> Iterator[Line]:
    """One line, or one for each movement of a batch that tells their amounts."""
    day = _day(entry, "BookgDt") or _day(entry, "ValDt")
    if day is None:
        raise ValueError("It has no day.")
    total = _money(entry, "Amt", currency)
    details = entry.findall("NtryDtls/TxDtls")
    amounts = [_part(each, currency) for each in details]
    identity = _text(entry, "AcctSvcrRef")
    whole = [amount for amount in amounts if amount is not None]
    if len(details) > 1 and len(whole) == len(details) and _adds_up(whole, total):
        for number, (detail, amount) in enumerate(zip(details, whole, strict=True), 1):
            own = _text(detail, "Refs/AcctSvcrRef") or (identity and f"{identity}/{number}")
            yield Line(row, day, amount, *_words(detail, entry, amount), own)
        return
    yield Line(row, day, total, *_words(details[0] if details else entry, entry, total), identity)


def _adds_up(parts: list[Money], total: Money) -> bool:
    return all(part.currency == total.currency for part in parts) and (
        sum(part.minor for part in parts) == total.minor
    )


def _part(detail: ET.Element, currency: str) -> Money | None:
    found = detail.find("Amt")
    found = found if found is not None else detail.find("AmtDtls/TxAmt/Amt")
    if found is None:
        return None
    money = Money.parse((found.text or "").strip(), found.get("Ccy", currency))
    return -money if _text(detail, "CdtDbtInd") == "DBIT" else money


def _words(detail: ET.Element, entry: ET.Element, amount: Money) -> tuple[str, str]:
    """Who it was with, and what for."""
    side = "Cdtr" if amount.minor < 0 else "Dbtr"
    paths = [f"RltdPties/Ultmt{side}/Nm", f"RltdPties/{side}/Nm", f"RltdPties/{side}/Pty/Nm"]
    payee = next((name for path in paths if (name := _text(detail, path))), "")
    told = [each.text or "" for each in detail.findall("RmtInf/Ustrd")]
    told = told or [_text(detail, "AddtlTxInf") or _text(entry, "AddtlNtryInf")]
    words = " ".join(" ".join(told).split())
    return (payee, words) if payee else (words, "")


def _closing(block: ET.Element) -> tuple[Money, date] | None:
    for balance in block.findall("Bal"):
        if _text(balance, "Tp/CdOrPrtry/Cd") in ("CLBD", "CLAV"):
            try:
                day = _day(balance, "Dt")
                return (_money(balance, "Amt", ""), day) if day else None
            except (ValueError, InvalidMoney):
                return None
    return None


def _money(element: ET.Element, path: str, currency: str) -> Money:
    found = element.find(path)
    if found is None or not found.text:
        raise InvalidMoney("It has no amount.")
    money = Money.parse(found.text.strip(), found.get("Ccy", currency))
    # Of a reversal (RvslInd) too it says which way this entry goes, not the one that is reversed.
    return -money if _text(element, "CdtDbtInd") == "DBIT" else money


def _day(element: ET.Element, path: str) -> date | None:
    text = _text(element, f"{path}/Dt") or _text(element, f"{path}/DtTm")
    return date.fromisoformat(text[:10]) if text else None


def _first_currency(block: ET.Element) -> str:
    return next((each.get("Ccy", "") for each in block.iter("Amt")), "")


def _text(element: ET.Element, path: str) -> str:
    return (element.findtext(path) or "").strip()
