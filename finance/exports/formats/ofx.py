"""OFX 2.2 (https://financialdataexchange.org/ofx): one statement an account, for programs that
take bank downloads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from finance.balances import balances_on
from finance.exports.entries import Entry, Period, accounts_of, entries
from finance.exports.formats.hledger import bounds
from finance.models import AccountKind, FinancialAccount

_KINDS = {AccountKind.SAVINGS: "SAVINGS", AccountKind.LOAN: "CREDITLINE"}
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<?OFX OFXHEADER="200" VERSION="220" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
)
_SIGNED_ON = (
    "<SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    "<DTSERVER>{now}</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1>\n"
)


def write(period: Period) -> Iterator[str]:
    now = datetime.now(UTC).strftime("%Y%m%d%H%M%S")
    yield f"{_HEAD}<OFX>{_SIGNED_ON.format(now=now)}"
    accounts = accounts_of(period)
    cards = [account for account in accounts if account.kind == AccountKind.CREDIT_CARD]
    banks = [account for account in accounts if account.kind != AccountKind.CREDIT_CARD]
    for message, some in (("BANKMSGSRSV1", banks), ("CREDITCARDMSGSRSV1", cards)):
        if some:
            yield f"<{message}>\n"
            for account in some:
                yield from _statement(account, period)
            yield f"</{message}>\n"
    yield "</OFX>\n"


def _statement(account: FinancialAccount, period: Period) -> Iterator[str]:
    card = account.kind == AccountKind.CREDIT_CARD
    prefix = "CC" if card else ""
    first, last = bounds()
    since, until = period.since or first, period.until or last
    yield (
        f"<{prefix}STMTTRNRS><TRNUID>{account.pk}</TRNUID>"
        "<STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
        f"<{prefix}STMTRS><CURDEF>{account.currency}</CURDEF>{_identity(account)}"
        f"<BANKTRANLIST><DTSTART>{_day(since)}</DTSTART><DTEND>{_day(until)}</DTEND>\n"
    )
    for entry in entries(replace(period, account_id=account.pk)):
        yield _line(entry)
    (balance,) = balances_on(until, [account])
    yield (
        f"</BANKTRANLIST><LEDGERBAL><BALAMT>{balance.balance}</BALAMT>"
        f"<DTASOF>{_day(until)}</DTASOF></LEDGERBAL></{prefix}STMTRS></{prefix}STMTTRNRS>\n"
    )


def _identity(account: FinancialAccount) -> str:
    number = escape(account.last_digits or account.pk.hex[:22])
    if account.kind == AccountKind.CREDIT_CARD:
        return f"<CCACCTFROM><ACCTID>{number}</ACCTID></CCACCTFROM>"
    kind = _KINDS.get(AccountKind(account.kind), "CHECKING")
    bank = escape(account.institution[:9] or "-")
    return (
        f"<BANKACCTFROM><BANKID>{bank}</BANKID><ACCTID>{number}</ACCTID>"
        f"<ACCTTYPE>{kind}</ACCTTYPE></BANKACCTFROM>"
    )


def _line(entry: Entry) -> str:
    kind = "XFER" if entry.other_leg else "DEBIT" if entry.amount.minor < 0 else "CREDIT"
    memo = entry.description if entry.merchant else entry.notes
    return (
        f"<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{_day(entry.booked_on)}</DTPOSTED>"
        f"<TRNAMT>{entry.amount}</TRNAMT><FITID>{entry.id}</FITID>"
        f"<NAME>{escape(entry.title[:32])}</NAME>"
        f"{f'<MEMO>{escape(memo[:255])}</MEMO>' if memo else ''}</STMTTRN>\n"
    )


def _day(day: date) -> str:
    return day.strftime("%Y%m%d")
