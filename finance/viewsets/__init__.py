"""The ledger's REST API: check, validate, call one verb, render."""

from finance.viewsets.accounts import AccountViewSet, CategoryViewSet, ReportViewSet
from finance.viewsets.review import ReviewItemViewSet
from finance.viewsets.transactions import TransactionViewSet

__all__ = [
    "AccountViewSet",
    "CategoryViewSet",
    "ReportViewSet",
    "ReviewItemViewSet",
    "TransactionViewSet",
]
