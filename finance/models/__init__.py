"""The ledger's tables. Only `finance.ledger`, `finance.accounts`, `finance.categories` and
`finance.review` write them; the database refuses most other writers (see `finance/sql`)."""

from finance.models.accounts import AccountKind, AccountOrigin, FinancialAccount
from finance.models.base import LedgerRow
from finance.models.categories import Category, CategoryKind
from finance.models.changes import ChangeSubject, LedgerChange
from finance.models.review import ReviewItem, ReviewState
from finance.models.totals import MonthlyTotal
from finance.models.transactions import Split, Transaction, TransactionState, Transfer

__all__ = [
    "AccountKind",
    "AccountOrigin",
    "Category",
    "CategoryKind",
    "ChangeSubject",
    "FinancialAccount",
    "LedgerChange",
    "LedgerRow",
    "MonthlyTotal",
    "ReviewItem",
    "ReviewState",
    "Split",
    "Transaction",
    "TransactionState",
    "Transfer",
]
