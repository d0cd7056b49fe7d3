"""The ledger's tables. Only `finance.ledger`, `finance.accounts`, `finance.categories` and
`finance.review` write them; the database refuses most other writers (see `finance/sql`)."""

from finance.models.accounts import AccountKind, AccountOrigin, FinancialAccount
from finance.models.announcements import (
    DEADLINES,
    Announcement,
    AnnouncementKind,
    AnnouncementState,
)
from finance.models.attachments import Attachment
from finance.models.base import LedgerRow
from finance.models.batches import EditBatch, EditedTransaction
from finance.models.bills import Bill, BillNotice, BillOrigin, BillState, BillStatus
from finance.models.budgets import (
    Budget,
    BudgetCategory,
    BudgetPeriod,
    BudgetUnit,
    Rollover,
)
from finance.models.categories import Category, CategoryKind
from finance.models.changes import ChangeSubject, LedgerChange
from finance.models.files import KeptFile
from finance.models.goals import Goal, GoalContribution
from finance.models.matches import Match, MatchKind, MatchState
from finance.models.merchants import Merchant, MerchantAlias
from finance.models.rates import ExchangeRate, ReferenceRate
from finance.models.recurring import (
    DailyWork,
    RecurrenceDay,
    RecurrenceUnit,
    Recurring,
    RecurringMode,
    RecurringSlot,
    RecurringState,
    SlotState,
)
from finance.models.review import ReviewItem, ReviewState
from finance.models.rules import Rule, RuleTag
from finance.models.saved_filters import SavedFilter
from finance.models.stated import StatedBalance, StatedBy
from finance.models.statements import (
    LineOutcome,
    StatementImport,
    StatementLine,
    StatementMapping,
    StatementState,
)
from finance.models.subscriptions import Subscription, SubscriptionCharge, SubscriptionState
from finance.models.tags import Tag, Tagging, TagRemoval
from finance.models.totals import MonthlyTotal
from finance.models.transactions import Split, Transaction, TransactionState, Transfer

__all__ = [
    "DEADLINES",
    "AccountKind",
    "AccountOrigin",
    "Announcement",
    "AnnouncementKind",
    "AnnouncementState",
    "Attachment",
    "Bill",
    "BillNotice",
    "BillOrigin",
    "BillState",
    "BillStatus",
    "Budget",
    "BudgetCategory",
    "BudgetPeriod",
    "BudgetUnit",
    "Category",
    "CategoryKind",
    "ChangeSubject",
    "DailyWork",
    "EditBatch",
    "EditedTransaction",
    "ExchangeRate",
    "FinancialAccount",
    "Goal",
    "GoalContribution",
    "KeptFile",
    "LedgerChange",
    "LedgerRow",
    "LineOutcome",
    "Match",
    "MatchKind",
    "MatchState",
    "Merchant",
    "MerchantAlias",
    "MonthlyTotal",
    "RecurrenceDay",
    "RecurrenceUnit",
    "Recurring",
    "RecurringMode",
    "RecurringSlot",
    "RecurringState",
    "ReferenceRate",
    "ReviewItem",
    "ReviewState",
    "Rollover",
    "Rule",
    "RuleTag",
    "SavedFilter",
    "SlotState",
    "Split",
    "StatedBalance",
    "StatedBy",
    "StatementImport",
    "StatementLine",
    "StatementMapping",
    "StatementState",
    "Subscription",
    "SubscriptionCharge",
    "SubscriptionState",
    "Tag",
    "TagRemoval",
    "Tagging",
    "Transaction",
    "TransactionState",
    "Transfer",
]
