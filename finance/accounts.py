"""Financial accounts: opening, changing, and finding the one that a message means."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.ledger.movements import LARGEST_MINOR, check_date, clean_text
from finance.ledger.writing import (
    change,
    change_each,
    insert,
    locked,
    locked_many,
    writing,
)
from finance.models import AccountKind, AccountOrigin, FinancialAccount, Transaction
from finance.money import Money, exponent
from tenancy.encryption import blind_index, blind_indexes, decrypt, encrypt
from tenancy.ids import new_id
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

NUMBER_FIELD = "financialaccount.number"
SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class AccountHint:
    """What a message tells of an account; any of it may be empty. `last_digits` may be the whole
    number or a masked one."""

    institution: str = ""
    last_digits: str = ""
    name: str = ""
    currency: str = ""
    kind: str = ""


def open_account(
    name: str,
    currency: str,
    *,
    kind: str = AccountKind.CHECKING,
    institution: str = "",
    group: str = "",
    number: str = "",
    opening: Money | None = None,
    opening_on: date | None = None,
    origin: str = AccountOrigin.PERSON,
) -> FinancialAccount:
    """A new account. `number` may be whole (kept encrypted) or just its last digits. Raises
    LedgerError (no name, number taken, opening balance in another currency), InvalidMoney (no
    such currency)."""
    with writing():
        row = new_account(
            name, currency, kind=kind, institution=institution, group=group, number=number,
            opening=opening, opening_on=opening_on, origin=origin,
        )  # fmt: skip
        keep_accounts([row])
    return row


def new_account(
    name: str,
    currency: str,
    *,
    kind: str = AccountKind.CHECKING,
    institution: str = "",
    group: str = "",
    number: str = "",
    opening: Money | None = None,
    opening_on: date | None = None,
    origin: str = AccountOrigin.PERSON,
) -> FinancialAccount:
    """As `open_account`, not kept yet: `keep_accounts` does that, for many at once."""
    exponent(currency)
    row = FinancialAccount(
        id=new_id(),
        name=_name(name),
        kind=kind,
        currency=currency,
        institution=clean_text(institution, 120),
        group=clean_text(group, 80),
        opening_on=opening_on,
        origin=origin,
    )
    for column, value in (_number(row, number) | _opening(row, opening, opening_on)).items():
        setattr(row, column, value)
    return row


def keep_accounts(rows: Sequence[FinancialAccount]) -> None:
    """Open accounts that `new_account` made."""
    told = ("name", "kind", "currency", "institution", "group", "last_digits", "opening_minor")
    with writing():
        insert(rows, "open", [{column: getattr(row, column) for column in told} for row in rows])


def change_account(account_id: uuid.UUID, changes: Mapping[str, Any]) -> FinancialAccount:
    """Change `name`, `kind`, `institution`, `group`, `number`, `opening` (Money), `opening_on`,
    `currency` (while nothing is booked) or `is_archived`. Raises NotInLedger, LedgerError,
    InvalidMoney."""
    with writing():
        row = locked(FinancialAccount, account_id)
        wanted = dict(changes)
        if wanted.get("currency", row.currency) != row.currency:
            exponent(wanted["currency"])
            if Transaction.objects.filter(account=row).exists():
                raise LedgerError(
                    gettext(
                        "The account has transactions, so its currency stays. Open another account."
                    ),
                    code="currency_in_use",
                    field="currency",
                )
        columns: dict[str, Any] = {
            n: wanted[n] for n in ("kind", "currency", "is_archived") if n in wanted
        }
        if "name" in wanted:
            columns["name"] = _name(wanted["name"])
        for column, length in (("institution", 120), ("group", 80)):
            if column in wanted:
                columns[column] = clean_text(wanted[column], length)
        row_currency = columns.get("currency", row.currency)
        if wanted.keys() & {"opening", "opening_on", "currency"}:
            opening = wanted.get("opening", Money(row.opening_minor, row_currency))
            future = FinancialAccount(currency=row_currency)
            columns |= _opening(future, opening, wanted.get("opening_on", row.opening_on))
        if "number" in wanted:
            columns |= _number(row, wanted["number"])
        change(row, "change", columns)
    return row


def move_openings(openings: Mapping[uuid.UUID, tuple[Money, date]]) -> None:
    """Give accounts other opening balances, in a handful of statements. Raises LedgerError (a
    balance in another currency), InvalidMoney."""
    with writing():
        rows = locked_many(FinancialAccount, openings)
        change_each([(row, _opening(row, *openings[row.pk])) for row in rows], "change")


def open_accounts() -> list[FinancialAccount]:
    return list(FinancialAccount.objects.filter(is_archived=False))


def resolve_account(
    hint: AccountHint, among: Iterable[FinancialAccount] | None = None
) -> FinancialAccount | None:
    """The open account that a hint means; None when it is not clear, which is for a person to
    say. Numbers decide; institution, kind and currency choose among equals. Without a number, an
    institution (or a name) decides if only one account has it. Whoever resolves many hints reads
    `open_accounts` once and gives them as `among`."""
    known = open_accounts() if among is None else among
    open_ones = [a for a in known if not hint.currency or a.currency == hint.currency]
    digits = _last_digits(hint.last_digits)
    candidates: list[FinancialAccount]
    if digits:
        whole = _whole_number(hint.last_digits)
        if whole:
            index = blind_indexes(whole, tenant_id=current_tenant_id(), field=NUMBER_FIELD)
            candidates = [account for account in open_ones if account.number_index in index]
            if len(candidates) == 1:
                return candidates[0]
        candidates = [account for account in open_ones if _ends_alike(account.last_digits, digits)]
        return _narrowed(candidates, hint)
    named = [
        account
        for account in open_ones
        if _same(account.institution, hint.institution) or _same(account.name, hint.name)
    ]
    return _narrowed(named, hint)


def account_number(account: FinancialAccount) -> str:
    """The whole number, where it is known. Raises DecryptionError."""
    if not account.number_encrypted:
        return ""
    return decrypt(
        account.number_encrypted,
        tenant_id=current_tenant_id(),
        field=NUMBER_FIELD,
        pk=account.pk,
    )


def _narrowed(candidates: list[FinancialAccount], hint: AccountHint) -> FinancialAccount | None:
    """One of them, if institution and kind leave one."""
    for agrees in (
        lambda account: _same(account.institution, hint.institution),
        lambda account: bool(hint.kind) and account.kind == hint.kind,
    ):
        if len(candidates) > 1:
            candidates = [account for account in candidates if agrees(account)] or candidates
    return candidates[0] if len(candidates) == 1 else None


def _same(one: str, other: str) -> bool:
    return bool(one) and one.casefold() == other.casefold()


def _ends_alike(one: str, other: str) -> bool:
    """Whether two endings of a number may be of the same: at least three digits agree."""
    length = min(len(one), len(other))
    return length >= 3 and one[-length:] == other[-length:]


def _whole_number(text: str) -> str:
    """An IBAN (ISO 13616) or a number of at least 8 digits, without its spaces; "" for what is
    masked, shortened or a name."""
    plain = re.sub(r"[\s.\-]", "", text).upper()
    return plain if re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{8,30}|[0-9]{8,34}", plain) else ""


def _last_digits(text: str) -> str:
    """The last digits that a whole or masked number shows."""
    match = re.search(r"([0-9]+)[^0-9]*$", re.sub(r"[\s\-]", "", text))
    return match[1][-SHOWN_DIGITS:] if match else ""


def _number(row: FinancialAccount, number: str) -> dict[str, str]:
    """The columns that keep a number, or take it away. Raises LedgerError if it is taken."""
    columns = {"number_encrypted": "", "number_index": "", "last_digits": _last_digits(number)}
    whole = _whole_number(number)
    if not whole:
        return columns
    tenant_id = current_tenant_id()
    known = blind_indexes(whole, tenant_id=tenant_id, field=NUMBER_FIELD)
    others = FinancialAccount.objects.filter(number_index__in=known, currency=row.currency)
    if others.exclude(pk=row.pk).exists():
        raise LedgerError(gettext("Another account has this number."), code="taken", field="number")
    columns["number_encrypted"] = encrypt(whole, tenant_id=tenant_id, field=NUMBER_FIELD, pk=row.pk)
    columns["number_index"] = blind_index(whole, tenant_id=tenant_id, field=NUMBER_FIELD)
    return columns


def _opening(row: FinancialAccount, opening: Money | None, on: date | None) -> dict[str, Any]:
    if on is not None:
        check_date(on)
    opening = opening or Money(0, row.currency)
    if opening.currency != row.currency:
        raise LedgerError(
            worded("The opening balance must be in %(currency)s.", currency=row.currency),
            code="currency_mismatch",
            field="opening_balance",
        )
    if abs(opening.minor) > LARGEST_MINOR:
        raise LedgerError(
            gettext("The amount is too large."), code="amount_too_large", field="opening_balance"
        )
    return {"opening_minor": opening.minor, "opening_on": on}


def _name(name: str) -> str:
    cleaned = clean_text(name, 120)
    if not cleaned:
        raise LedgerError(gettext("An account needs a name."), code="blank", field="name")
    return cleaned
