"""Exports as a stream of bytes, for every door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger
from finance.exports.entries import Period
from finance.exports.formats import FORMATS, Format
from finance.models import FinancialAccount
from tenancy.wording import worded

CHUNK = 64 * 1024


def format_named(name: str) -> Format:
    """Raises NotInLedger."""
    if name not in FORMATS:
        raise NotInLedger(
            worded("There is no format “%(name)s”: %(known)s.", name=name, known=", ".join(FORMATS))
        )
    return FORMATS[name]


def check_period(period: Period) -> Period:
    """Raises LedgerError for days the wrong way round and for an account that is not there."""
    if period.since and period.until and period.since > period.until:
        raise LedgerError(
            gettext("The first day is after the last."), code="days_reversed", field="since"
        )
    unknown = (
        period.account_id is not None
        and not FinancialAccount.objects.filter(pk=period.account_id).exists()
    )
    if unknown:
        raise LedgerError(
            gettext("There is no such account."), code="unknown_account", field="account"
        )
    return period


def export(name: str, period: Period) -> Iterator[bytes]:
    """The file in pieces of about 64 KB. Raises LedgerError at once, not on the way."""
    return _chunks(format_named(name), check_period(period))


def _chunks(form: Format, period: Period) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in form.write(period):
        held.append(piece.encode() if isinstance(piece, str) else piece)
        size += len(piece)
        if size >= CHUNK:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)


def file_name(name: str, period: Period, tenant: Any) -> str:
    days = "-".join(day.isoformat() for day in (period.since, period.until) if day)
    plain = "".join(char if char.isalnum() else "-" for char in str(tenant.name)).strip("-")
    return "-".join(filter(None, [plain or "ledger", days])) + f".{format_named(name).suffix}"
