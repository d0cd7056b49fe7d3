"""/api/v1/reports"""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from finance import schemas, serializers
from finance.analytics import serializers as shapes
from finance.analytics.coverage import coverage
from finance.analytics.flow import cash_flow
from finance.analytics.oddities import anomalies
from finance.analytics.periods import Period
from finance.analytics.spending import spending_report
from finance.analytics.sums import By
from finance.analytics.worth import forecast, net_worth_over
from finance.models import Transaction
from finance.querysets import dashboard, today
from finance.rendering import dashboard_json
from finance.viewsets.base import LedgerViewSet

Query = TypeVar("Query", bound=Serializer[Any])


class ReportViewSet(LedgerViewSet):
    """What the ledger tells. Sums are in the ledger's own currency, with the rates used; what has
    no rate is in `left_out` alone. Each figure has the `query` that lists its transactions at
    `/transactions`."""

    resource = "transactions"
    queryset = Transaction.objects.none()
    serializer_class = serializers.MonthQuery
    pagination_class = None
    query_parameters = ("month", "date_from", "date_to", "by", "account")

    @extend_schema(parameters=[serializers.MonthQuery], responses=schemas.DashboardShape)
    @action(detail=False, methods=["get"])
    def dashboard(self, request: Request) -> Response:
        """Balances, the month's income, expense and spending by category, and what waits for
        review. Without `month`: this month, where the tenant lives."""
        query = self.asked(serializers.MonthQuery)
        month = query.validated_data.get("month")
        first = date.fromisoformat(f"{month}-01") if month else None
        return Response(dashboard_json(dashboard(first)))

    @extend_schema(parameters=[shapes.SpendingQuery], responses=shapes.SpendingReportShape)
    @action(detail=False, methods=["get"])
    def spending(self, request: Request) -> Response:
        """Spending by category, merchant or account, beside the period before and the usual: the
        average of the twelve months before. Without dates: this month."""
        query = self.asked(shapes.SpendingQuery)
        by, account = By(query.validated_data["by"]), query.validated_data.get("account")
        return Response(
            shapes.spending_json(spending_report(query.period(today()), by, account), account)
        )

    @extend_schema(parameters=[shapes.ReportQuery], responses=shapes.CashFlowShape)
    @action(detail=False, methods=["get"], url_path="cash-flow")
    def cash_flow(self, request: Request) -> Response:
        """Income, spending and saving rate by month, and both sides of a Sankey diagram. Without
        dates: this month."""
        return Response(shapes.flow_json(cash_flow(self.period())))

    @extend_schema(parameters=[shapes.ReportQuery], responses=shapes.NetWorthShape(many=True))
    @action(detail=False, methods=["get"], url_path="net-worth")
    def net_worth(self, request: Request) -> Response:
        """At the end of each month. Without dates: of the last twelve months."""
        now = today()
        period = self.asked(shapes.ReportQuery).period(now, default=Period.year_to(now))
        found = net_worth_over(period.since, min(period.until, max(now, period.since)))
        return Response({"data": [shapes.worth_json(worth) for worth in found], "next": None})

    @extend_schema(responses=shapes.ForecastShape)
    @action(detail=False, methods=["get"])
    def forecast(self, request: Request) -> Response:
        """Balances at the end of this month, from what repeats and is still due."""
        self.filter_queryset(self.get_queryset())
        return Response(shapes.forecast_json(forecast()))

    @extend_schema(parameters=[shapes.ReportQuery], responses=shapes.AnomalyShape(many=True))
    @action(detail=False, methods=["get"])
    def anomalies(self, request: Request) -> Response:
        """What is odd, and why. Without dates: this month."""
        period = self.period()
        found = anomalies(period, spending_report(period))
        return Response({"data": [shapes.anomaly_json(one) for one in found], "next": None})

    @extend_schema(parameters=[shapes.ReportQuery], responses=shapes.CoverageShape(many=True))
    @action(detail=False, methods=["get"])
    def coverage(self, request: Request) -> Response:
        """What each open account got in each month, and where something is missing. Without
        dates: of the last twelve months."""
        now = today()
        period = self.asked(shapes.ReportQuery).period(now, default=Period.year_to(now))
        found = coverage(period.since, period.until)
        return Response({"data": [shapes.cover_json(one) for one in found], "next": None})

    def period(self) -> Period:
        return self.asked(shapes.ReportQuery).period(today())

    def asked(self, kind: type[Query]) -> Query:
        self.filter_queryset(self.get_queryset())
        query = kind(data=self.request.query_params.dict())
        query.is_valid(raise_exception=True)
        return query
