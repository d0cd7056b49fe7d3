"""/api/v1/accounts and /api/v1/categories"""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance import schemas, serializers
from finance.accounts import change_account, open_account
from finance.balances import daily_balances
from finance.categories import add_category, change_category
from finance.errors import NotInLedger
from finance.filters import AccountFilter, CategoryListFilter
from finance.models import Category, FinancialAccount
from finance.querysets import balances, category_tree, today
from finance.reconciling import serializers as shapes
from finance.reconciling.checking import reconcile, transactions_between
from finance.rendering import (
    account_json,
    category_json,
)
from finance.viewsets.base import LedgerViewSet
from tenancy.permissions import may
from tenancy.wording import worded


class AccountViewSet(LedgerViewSet):
    """Financial accounts with their balances."""

    resource = "accounts"
    queryset = FinancialAccount.objects.all()
    filterset_class = AccountFilter
    ordering = ("name", "id")
    serializer_class = serializers.AccountInput
    query_parameters = ("date_from", "date_to")

    @extend_schema(responses=schemas.AccountShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response([account_json(entry) for entry in balances(page)])

    @extend_schema(responses=schemas.AccountShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(self.row_id)

    @extend_schema(responses={201: schemas.AccountShape})
    def create(self, request: Request) -> Response:
        given = self.read(serializers.AccountInput).validated_data
        archived = given.pop("is_archived")
        opening = serializers.money(
            given.pop("opening_balance"), given["currency"], "opening_balance"
        )
        account = open_account(**given, opening=opening)
        if archived:
            change_account(account.pk, {"is_archived": True})
        return self.answer(account.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=schemas.AccountShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields. `is_archived` closes the account and opens it again."""
        reader = serializers.AccountInput(data=request.data, partial=True)
        reader.is_valid(raise_exception=True)
        changes: dict[str, Any] = dict(reader.validated_data)
        if "opening_balance" in changes:
            account = FinancialAccount.objects.filter(pk=self.row_id).first()
            currency = changes.get("currency") or (account.currency if account else "")
            changes["opening"] = serializers.money(
                changes.pop("opening_balance"), currency, "opening_balance"
            )
        return self.answer(change_account(self.row_id, changes).pk)

    @extend_schema(parameters=[shapes.PeriodQuery], responses=shapes.BalanceLineShape)
    @action(detail=True, methods=["get"], pagination_class=None)
    def balances(self, request: Request, pk: str) -> Response:
        """What it held at the end of the days that moved it; the last entry is the balance of
        `date_to`."""
        account, since, until = self.period()
        line = daily_balances(account, since, until)
        return Response(shapes.line_json(account.currency, line))

    @extend_schema(parameters=[shapes.PeriodQuery], responses=shapes.ReconciliationShape)
    @action(detail=True, methods=["get"], pagination_class=None)
    def reconciliation(self, request: Request, pk: str) -> Response:
        """The balances that were stated beside the ledger's: since when do they disagree, and
        what was booked in between."""
        found = reconcile(*self.period())
        between = transactions_between(found) if may("transactions:read") else []
        return Response(shapes.reconciliation_json(found, between))

    def period(self) -> tuple[FinancialAccount, date, date]:
        query = self.read(shapes.PeriodQuery, self.request.query_params.dict())
        account: FinancialAccount = self.get_queryset().get(pk=self.row_id)
        return account, *query.period(today())

    def answer(self, pk: uuid.UUID, code: int = status.HTTP_200_OK) -> Response:
        found = balances(FinancialAccount.objects.filter(pk=pk))
        if not found:
            raise NotInLedger(worded("There is no account %(pk)s.", pk=pk))
        return Response(account_json(found[0]), status=code)


class CategoryViewSet(LedgerViewSet):
    """The category tree, parents before their children; not in pages, for it is small."""

    resource = "categories"
    queryset = Category.objects.all()
    filterset_class = CategoryListFilter
    pagination_class = None
    serializer_class = serializers.CategoryInput
    inputs = {"partial_update": serializers.CategoryPatch}

    @extend_schema(responses=schemas.CategoryShape(many=True))
    def list(self, request: Request) -> Response:
        shown = set(self.filter_queryset(self.get_queryset()).values_list("pk", flat=True))
        tree = [category_json(category) for category in category_tree() if category.pk in shown]
        return Response({"data": tree, "next": None})

    @extend_schema(responses=schemas.CategoryShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        category = self.filter_queryset(self.get_queryset()).filter(pk=self.row_id).first()
        if category is None:
            raise NotInLedger(worded("There is no category %(pk)s.", pk=pk))
        return Response(category_json(category))

    @extend_schema(responses={201: schemas.CategoryShape})
    def create(self, request: Request) -> Response:
        given = self.read(serializers.CategoryInput).validated_data
        category = add_category(given["name"], kind=given["kind"], parent_id=given["parent"])
        return Response(category_json(category), status=status.HTTP_201_CREATED)

    @extend_schema(responses=schemas.CategoryShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        changes: dict[str, Any] = dict(self.read(serializers.CategoryPatch).validated_data)
        if "parent" in changes:
            changes["parent_id"] = changes.pop("parent")
        return Response(category_json(change_category(self.row_id, changes)))
