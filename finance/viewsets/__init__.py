"""The ledger's REST API: check, validate, call one verb, render."""

from finance.viewsets.accounts import AccountViewSet, CategoryViewSet
from finance.viewsets.announcements import AnnouncementViewSet
from finance.viewsets.attachments import AttachmentViewSet
from finance.viewsets.bills import BillViewSet
from finance.viewsets.budgets import BudgetViewSet, GoalViewSet
from finance.viewsets.exports import ExportViewSet
from finance.viewsets.matches import MatchViewSet, TransferViewSet
from finance.viewsets.merchants import MerchantViewSet
from finance.viewsets.rates import ExchangeRateViewSet
from finance.viewsets.reconciling import StatedBalanceViewSet
from finance.viewsets.recurring import RecurringViewSet
from finance.viewsets.reports import ReportViewSet
from finance.viewsets.review import ReviewItemViewSet
from finance.viewsets.rules import EditBatchViewSet, RuleViewSet
from finance.viewsets.saved_filters import SavedFilterViewSet
from finance.viewsets.statements import StatementImportViewSet, StatementLineViewSet
from finance.viewsets.subscriptions import SubscriptionViewSet
from finance.viewsets.tags import TagViewSet
from finance.viewsets.transactions import TransactionViewSet

__all__ = [
    "AccountViewSet",
    "AnnouncementViewSet",
    "AttachmentViewSet",
    "BillViewSet",
    "BudgetViewSet",
    "CategoryViewSet",
    "EditBatchViewSet",
    "ExchangeRateViewSet",
    "ExportViewSet",
    "GoalViewSet",
    "MatchViewSet",
    "MerchantViewSet",
    "RecurringViewSet",
    "ReportViewSet",
    "ReviewItemViewSet",
    "RuleViewSet",
    "SavedFilterViewSet",
    "StatedBalanceViewSet",
    "StatementImportViewSet",
    "StatementLineViewSet",
    "SubscriptionViewSet",
    "TagViewSet",
    "TransactionViewSet",
    "TransferViewSet",
]
