"""/api/v1/budgets and /api/v1/goals"""

from __future__ import annotations

import uuid
from datetime import date

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from finance.budgets import plans
from finance.budgets import serializers as shapes
from finance.budgets.status import statuses
from finance.filters import BudgetFilter, GoalFilter
from finance.goals import saving
from finance.goals import serializers as goal_shapes
from finance.models import Budget, Goal, GoalContribution
from finance.querysets import today
from finance.serializers import money
from finance.viewsets.base import LedgerViewSet

SHOWN = 50


class BudgetViewSet(LedgerViewSet):
    """Budgets, and how they stand in the period of a day."""

    resource = "transactions"
    queryset = Budget.objects.all()
    filterset_class = BudgetFilter
    ordering = ("name", "id")
    serializer_class = shapes.BudgetInput
    inputs = {
        "partial_update": shapes.BudgetPatch,
        "set_period": shapes.PeriodAmountInput,
        "copy_last": shapes.DayInput,
        "fill": shapes.AveragesInput,
    }
    query_parameters = ("on",)

    @extend_schema(parameters=[shapes.DayInput], responses=shapes.BudgetShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = statuses(list(page or []), self.day())
        return self.get_paginated_response([shapes.budget_json(entry) for entry in found])

    @extend_schema(parameters=[shapes.DayInput], responses=shapes.BudgetShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(self.row_id, self.day())

    @extend_schema(responses={201: shapes.BudgetShape})
    def create(self, request: Request) -> Response:
        given = self.read(shapes.BudgetInput).validated_data
        row = plans.add_budget(plans.Plan(**shapes.columns(given, given["currency"])))
        return self.answer(row.pk, code=status.HTTP_201_CREATED)

    @extend_schema(responses=shapes.BudgetShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change some fields. A new currency needs the amount in it."""
        given = self.read(shapes.BudgetPatch).validated_data
        row = plans.budget_named(self.row_id)
        fields = shapes.columns(given, given.get("currency", row.currency))
        return self.answer(plans.change_budget(row.pk, fields).pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Archive it."""
        plans.change_budget(self.row_id, {"is_archived": True})
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=shapes.BudgetShape)
    @action(detail=True, methods=["post"], url_path="period")
    def set_period(self, request: Request, pk: str) -> Response:
        """Give one period its own amount."""
        given = self.read(shapes.PeriodAmountInput).validated_data
        row = plans.budget_named(self.row_id)
        amount = None if given["amount"] is None else money(given["amount"], row.currency)
        day = given.get("on") or today()
        plans.set_period_amount(row.pk, day, amount)
        return self.answer(row.pk, day)

    @extend_schema(responses=shapes.CountShape)
    @action(detail=False, methods=["post"], url_path="copy-last", pagination_class=None)
    def copy_last(self, request: Request) -> Response:
        """Give the period of every budget the amount of the one before."""
        day = self.read(shapes.DayInput).validated_data.get("on")
        return Response({"changed": plans.copy_last(day or today())})

    @extend_schema(responses=shapes.CountShape)
    @action(detail=False, methods=["post"], url_path="fill-from-averages", pagination_class=None)
    def fill(self, request: Request) -> Response:
        """Give the period of every budget the mean of what was spent in those before."""
        given = self.read(shapes.AveragesInput).validated_data
        day = given.get("on") or today()
        return Response({"changed": plans.fill_from_averages(day, given["periods"])})

    def day(self) -> date | None:
        query = shapes.DayInput(
            data={k: v for k, v in self.request.query_params.items() if k == "on"}
        )
        query.is_valid(raise_exception=True)
        day: date | None = query.validated_data.get("on")
        return day

    def answer(
        self, pk: uuid.UUID, day: date | None = None, code: int = status.HTTP_200_OK
    ) -> Response:
        found = statuses([plans.budget_named(pk)], day)
        return Response(shapes.budget_json(found[0]), status=code)


class GoalViewSet(LedgerViewSet):
    """Goals, and how far they have come."""

    resource = "transactions"
    queryset = Goal.objects.all()
    filterset_class = GoalFilter
    ordering = ("name", "id")
    serializer_class = goal_shapes.GoalInput
    inputs = {
        "partial_update": goal_shapes.GoalPatch,
        "contribute": goal_shapes.ContributionInput,
    }

    @extend_schema(responses=goal_shapes.GoalShape(many=True))
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = saving.progress(list(page or []))
        return self.get_paginated_response([goal_shapes.goal_json(entry) for entry in found])

    @extend_schema(responses=goal_shapes.GoalDetailShape)
    def retrieve(self, request: Request, pk: str) -> Response:
        self.filter_queryset(self.get_queryset())
        return self.answer(self.row_id)

    @extend_schema(responses={201: goal_shapes.GoalDetailShape})
    def create(self, request: Request) -> Response:
        given = self.read(goal_shapes.GoalInput).validated_data
        row = saving.add_goal(**goal_shapes.columns(given, given["currency"]))
        return self.answer(row.pk, status.HTTP_201_CREATED)

    @extend_schema(responses=goal_shapes.GoalDetailShape)
    def partial_update(self, request: Request, pk: str) -> Response:
        given = self.read(goal_shapes.GoalPatch).validated_data
        row = saving.goal_named(self.row_id)
        fields = goal_shapes.columns(given, given.get("currency", row.currency))
        return self.answer(saving.change_goal(row.pk, fields).pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Archive it."""
        saving.change_goal(self.row_id, {"is_archived": True})
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={201: goal_shapes.GoalDetailShape})
    @action(detail=True, methods=["post"], url_path="contributions")
    def contribute(self, request: Request, pk: str) -> Response:
        """Set money aside, or take some back."""
        given = dict(self.read(goal_shapes.ContributionInput).validated_data)
        row = saving.goal_named(self.row_id)
        amount = money(given.pop("amount"), row.currency)
        saving.contribute(row.pk, amount, **given)
        return self.answer(row.pk, status.HTTP_201_CREATED)

    def answer(self, pk: uuid.UUID, code: int = status.HTTP_200_OK) -> Response:
        found = saving.progress([saving.goal_named(pk)])[0]
        made = GoalContribution.objects.filter(goal=pk)[:SHOWN]
        contributions = [goal_shapes.contribution_json(row, found.goal.currency) for row in made]
        body = goal_shapes.goal_json(found) | {"contributions": contributions}
        return Response(body, status=code)
