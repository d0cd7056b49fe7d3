"""Reports as the API is asked for them and gives them."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers

from finance.analytics.coverage import AccountCover, Cover
from finance.analytics.flow import CashFlow, MonthFlow, Stream
from finance.analytics.oddities import Anomaly, Oddity
from finance.analytics.periods import Period, whole_month
from finance.analytics.spending import Line, SpendingReport
from finance.analytics.sums import By, Key
from finance.analytics.worth import Forecast, Worth
from finance.filters import NONE
from finance.models import FinancialAccount
from finance.money import Money
from finance.recurring.serializers import HappeningShape, happening_json
from finance.rendering import converted_total_json
from finance.schemas import ConvertedTotalShape
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]
MOST_DAYS = 3660


class ReportQuery(StrictSerializer):
    date_from = serializers.DateField(required=False)
    date_to = serializers.DateField(required=False)

    def period(self, today: date, default: Period | None = None) -> Period:
        """Raises ValidationError for days out of order, or too many."""
        usual = default or whole_month(today)
        since: date = self.validated_data.get("date_from") or usual.since
        until: date = self.validated_data.get("date_to") or max(usual.until, since)
        if not (since.year > 1900 and until.year < 2200 and 0 <= (until - since).days <= MOST_DAYS):
            raise serializers.ValidationError(
                {"date_from": f"Give a day from 1901 on, at most {MOST_DAYS} days before date_to."},
                code="invalid_period",
            )
        return Period(since, until)


class SpendingQuery(ReportQuery):
    by = serializers.ChoiceField(choices=[by.value for by in By], default=By.CATEGORY.value)
    account = serializers.UUIDField(required=False, help_text="Only of this account.")

    def validate_account(self, value: uuid.UUID) -> uuid.UUID:
        if not FinancialAccount.objects.filter(pk=value).exists():
            raise serializers.ValidationError("There is no such account.", code="does_not_exist")
        return value


class LineShape(Shape):
    key = serializers.CharField(allow_null=True, help_text="An id, or a merchant's name.")
    parent = serializers.UUIDField(allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField()
    amount = serializers.CharField(help_text="A category's hold all below it.")
    before = serializers.CharField()
    usual = serializers.CharField(allow_null=True)
    count = serializers.IntegerField()
    query = serializers.CharField()


class SpendingReportShape(Shape):
    date_from = serializers.DateField()
    date_to = serializers.DateField()
    compared_from = serializers.DateField()
    compared_to = serializers.DateField()
    by = serializers.ChoiceField(choices=[by.value for by in By])
    total = ConvertedTotalShape()
    before = ConvertedTotalShape()
    usual = serializers.CharField(allow_null=True)
    lines = LineShape(many=True)


class MonthFlowShape(Shape):
    month = serializers.DateField()
    income = serializers.CharField()
    spent = serializers.CharField()
    saved = serializers.CharField()
    saving_rate = serializers.CharField(allow_null=True, help_text="In per cent of the income.")
    query = serializers.CharField()


class StreamShape(Shape):
    category = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    amount = serializers.CharField()
    query = serializers.CharField()


class CashFlowShape(Shape):
    currency = serializers.CharField()
    income = ConvertedTotalShape()
    spent = ConvertedTotalShape()
    saved = serializers.CharField()
    saving_rate = serializers.CharField(allow_null=True)
    months = MonthFlowShape(many=True)
    sources = StreamShape(many=True)
    uses = StreamShape(many=True)


class NetWorthShape(Shape):
    day = serializers.DateField()
    total = ConvertedTotalShape()


class AccountForecastShape(Shape):
    account = serializers.UUIDField()
    name = serializers.CharField()
    currency = serializers.CharField()
    now = serializers.CharField()
    expected = serializers.CharField()
    then = serializers.CharField()


class ForecastShape(Shape):
    today = serializers.DateField()
    until = serializers.DateField()
    total = ConvertedTotalShape()
    accounts = AccountForecastShape(many=True)
    expected = HappeningShape(many=True)


class AnomalyShape(Shape):
    kind = serializers.ChoiceField(choices=[kind.value for kind in Oddity])
    name = serializers.CharField()
    amount = serializers.CharField()
    usual = serializers.CharField()
    currency = serializers.CharField()
    count = serializers.IntegerField(help_text="Of the purchases that the usual is based on.")
    transaction = serializers.UUIDField(allow_null=True)
    category = serializers.UUIDField(allow_null=True)
    query = serializers.CharField()


class MonthCoverShape(Shape):
    month = serializers.DateField()
    state = serializers.ChoiceField(choices=[state.value for state in Cover])
    count = serializers.IntegerField()
    from_messages = serializers.IntegerField()
    missed = serializers.IntegerField(help_text="Recurring transactions that did not come.")
    stated = serializers.IntegerField(help_text="Balances that were told.")
    query = serializers.CharField()


class CoverageShape(Shape):
    account = serializers.UUIDField()
    name = serializers.CharField()
    usual = serializers.FloatField(help_text="Transactions in a month, the median.")
    months = MonthCoverShape(many=True)


def query_of(period: Period, **more: Any) -> str:
    """The filters of `/transactions` that list what a figure is made of."""
    days = {"date_from": period.since.isoformat(), "date_to": period.until.isoformat()}
    return urlencode({"state": "posted"} | days | {k: v for k, v in more.items() if v is not None})


def spending_json(report: SpendingReport, account: uuid.UUID | None) -> Json:
    return {
        "date_from": report.period.since,
        "date_to": report.period.until,
        "compared_from": report.compared.since,
        "compared_to": report.compared.until,
        "by": report.by.value,
        "total": converted_total_json(report.total),
        "before": converted_total_json(report.before),
        "usual": _text(report.usual),
        "lines": [_line_json(line, report, account) for line in report.lines],
    }


def _line_json(line: Line, report: SpendingReport, account: uuid.UUID | None) -> Json:
    return {
        "key": line.key,
        "parent": line.parent,
        "name": line.label,
        "amount": str(line.amount),
        "before": str(line.before),
        "usual": _text(line.usual),
        "count": line.count,
        "query": query_of(
            report.period, **({"account": account} | filters_of(report.by, line.key))
        ),
    }


def filters_of(by: By, key: Key) -> Json:
    match by:
        case By.CATEGORY:
            return {"category": key or NONE}
        case By.ACCOUNT:
            return {"account": key}
        case By.MERCHANT:
            return {"merchant": key or None}


def flow_json(flow: CashFlow) -> Json:
    return {
        "currency": flow.income.total.currency,
        "income": converted_total_json(flow.income),
        "spent": converted_total_json(flow.spent),
        "saved": str(flow.whole.saved),
        "saving_rate": _text(flow.whole.saving_rate),
        "months": [_month_json(month, flow.period) for month in flow.months],
        "sources": [_stream_json(stream, flow.period) for stream in flow.sources],
        "uses": [_stream_json(stream, flow.period) for stream in flow.uses],
    }


def _month_json(flow: MonthFlow, within: Period) -> Json:
    month = whole_month(flow.month)
    part = Period(max(month.since, within.since), min(month.until, within.until))
    return {
        "month": flow.month,
        "income": str(flow.income),
        "spent": str(flow.spent),
        "saved": str(flow.saved),
        "saving_rate": _text(flow.saving_rate),
        "query": query_of(part),
    }


def _stream_json(stream: Stream, period: Period) -> Json:
    return {
        "category": stream.key,
        "name": stream.label,
        "amount": str(stream.amount),
        "query": query_of(period, category=stream.key or NONE),
    }


def worth_json(worth: Worth) -> Json:
    return {"day": worth.day, "total": converted_total_json(worth.total)}


def forecast_json(found: Forecast) -> Json:
    return {
        "today": found.today,
        "until": found.until,
        "total": converted_total_json(found.total),
        "accounts": [
            {
                "account": one.account.pk,
                "name": one.account.name,
                "currency": one.now.currency,
                "now": str(one.now),
                "expected": str(one.expected),
                "then": str(one.then),
            }
            for one in found.accounts
        ],
        "expected": [happening_json(happening) for happening in found.expected],
    }


def anomaly_json(one: Anomaly) -> Json:
    text = one.label if one.category_id is None else None
    return {
        "kind": one.kind.value,
        "name": one.label,
        "amount": str(one.amount),
        "usual": str(one.usual),
        "currency": one.amount.currency,
        "count": one.count,
        "transaction": one.transaction_id,
        "category": one.category_id,
        "query": query_of(
            Period(one.first_on, one.last_on), account=one.account_id, category=one.category_id,
            merchant=text,
        ),
    }  # fmt: skip


def cover_json(one: AccountCover) -> Json:
    return {
        "account": one.account.pk,
        "name": one.account.name,
        "usual": one.usual,
        "months": [
            {
                "month": month.month,
                "state": month.state.value,
                "count": month.count,
                "from_messages": month.from_messages,
                "missed": month.missed,
                "stated": month.stated,
                "query": query_of(whole_month(month.month), account=one.account.pk),
            }
            for month in one.months
        ],
    }


def _text(value: Money | Any | None) -> str | None:
    return None if value is None else str(value)
