"""Names of accounts and categories as plain-text accounting writes them. Pure.

hledger takes almost any name (no two spaces, no semicolon, a colon parts levels); beancount wants
each level to begin with a capital or a digit and to hold letters, digits and dashes alone.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable
from typing import Final

from finance.models import AccountKind, CategoryKind, FinancialAccount

ROOTS: Final = {
    AccountKind.CREDIT_CARD: "Liabilities",
    AccountKind.LOAN: "Liabilities",
}
TOPS: Final = {CategoryKind.EXPENSE: "Expenses", CategoryKind.INCOME: "Income"}
OPENING: Final = ("Equity", "Opening balances")
BETWEEN: Final = ("Equity", "Transfers")
UNKNOWN: Final = "Uncategorised"

Spell = Callable[[str], str]


def hledger_name(level: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[:;()\[\]{}\"|*!]", "-", level)).strip(" -") or "-"


def beancount_name(level: str) -> str:
    spelled = re.sub(r"[^\w]+|_+", "-", level).strip("-") or "X"
    first = spelled[0].upper()
    return (first if first.isalnum() and first.isascii() else f"X{first}") + spelled[1:]


def account_names(accounts: Iterable[FinancialAccount], spell: Spell) -> dict[uuid.UUID, str]:
    """A name of its own for each account: its last digits tell two of one name apart, or else its
    currency, or a number."""
    taken: set[str] = set()
    names: dict[uuid.UUID, str] = {}
    for account in accounts:
        root = ROOTS.get(AccountKind(account.kind), "Assets")
        tries = [account.name, f"{account.name} {account.last_digits}",
                 f"{account.name} {account.currency}"]  # fmt: skip
        tries += [f"{account.name} {number}" for number in range(2, len(taken) + 3)]
        name = next(
            made for each in tries if (made := f"{root}:{spell(each)}").casefold() not in taken
        )
        taken.add(name.casefold())
        names[account.pk] = name
    return names


def category_name(kind: str, path: tuple[str, ...], spell: Spell, *, outflow: bool) -> str:
    """Where one part of a transaction went, or came from."""
    if kind == CategoryKind.TRANSFER:
        return ":".join(map(spell, (*BETWEEN, *path)))
    top = TOPS.get(CategoryKind(kind)) if kind else None
    top = top or ("Expenses" if outflow else "Income")
    return ":".join([top, *map(spell, path or (UNKNOWN,))])
