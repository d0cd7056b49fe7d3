"""The pages of analytics: spending, income and savings, net worth, coverage."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from finance.analytics.coverage import coverage
from finance.analytics.flow import CashFlow, MonthFlow, Stream, cash_flow
from finance.analytics.oddities import Anomaly, Oddity, anomalies
from finance.analytics.periods import Period, whole_month
from finance.analytics.serializers import MOST_DAYS
from finance.analytics.spending import Line, SpendingReport, spending_report
from finance.analytics.sums import By, Key
from finance.analytics.worth import Worth, forecast, net_worth_over
from finance.charts import BarChart, LineChart, Slice, bar_chart, line_chart
from finance.filters import NONE
from finance.forms import DateInput
from finance.money import Money
from finance.months import months
from finance.querysets import today
from finance.sankey import Sankey, sankey
from tenancy.pages import page

SHOWN_LINES = 60


class PeriodForm(forms.Form):
    since = forms.DateField(label=gettext_lazy("From"), widget=DateInput())
    until = forms.DateField(label=gettext_lazy("To"), widget=DateInput())

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until:
            if since > until:
                self.add_error("until", _("This is before the first day."))
            elif (until - since).days > MOST_DAYS or since.year < 1901 or until.year >= 2200:
                self.add_error("until", _("Ask for ten years at most."))
        return data


BY_CHOICES: Final = [
    (By.CATEGORY, gettext_lazy("Category")),
    (By.MERCHANT, gettext_lazy("Merchant")),
    (By.ACCOUNT, gettext_lazy("Account")),
]


class SpendingForm(PeriodForm):
    by = forms.ChoiceField(
        label=gettext_lazy("By"), required=False,
        choices=[(by.value, label) for by, label in BY_CHOICES],
    )  # fmt: skip
    by.widget.is_filter = True


def asked(request: HttpRequest, default: Period, kind: type[PeriodForm] = PeriodForm) -> Any:
    """The form as it is shown, and the period asked for: the default while it is wrong."""
    given = {"since": default.since.isoformat(), "until": default.until.isoformat()}
    form = kind(given | request.GET.dict())
    data = form.cleaned_data if form.is_valid() else {}
    return form, Period(data["since"], data["until"]) if data else default


@require_safe
@page("transactions:read")
def spending(request: HttpRequest) -> HttpResponse:
    form, period = asked(request, whole_month(today()), SpendingForm)
    by = By(form.cleaned_data.get("by") or By.CATEGORY)
    report = spending_report(period, by)
    odd = anomalies(period, report if by is By.CATEGORY else spending_report(period))
    shown = as_tree([line for line in report.lines if line.amount or line.before])[:SHOWN_LINES]
    context = {
        "form": form, "report": report, "chart": spending_chart(report),
        "by_label": dict(BY_CHOICES)[by],
        "lines": [(line, name_of(line.label), line_href(line, report)) for line in shown],
        "odd": [(one, reason(one), oddity_href(one)) for one in odd],
    }  # fmt: skip
    return answer(request, "spending", form, context)


@require_safe
@page("transactions:read")
def income(request: HttpRequest) -> HttpResponse:
    form, period = asked(request, Period.year_to(today()))
    flow = cash_flow(period)
    context = {
        "form": form, "flow": flow, "sankey": flow_chart(flow),
        "months": [(month, month_href(month, period)) for month in flow.months],
    }  # fmt: skip
    return answer(request, "income", form, context)


@require_safe
@page("transactions:read")
def worth(request: HttpRequest) -> HttpResponse:
    now = today()
    form, period = asked(request, Period.year_to(now))
    found = net_worth_over(period.since, min(period.until, max(now, period.since)))
    context = {
        "form": form, "worth": found[::-1], "latest": found[-1],
        "chart": worth_chart(found), "forecast": forecast(),
    }  # fmt: skip
    return answer(request, "worth", form, context)


@require_safe
@page("transactions:read")
def covered(request: HttpRequest) -> HttpResponse:
    form, period = asked(request, Period.year_to(today()))
    rows = [
        (one, [(m, listed(whole_month(m.month), account=one.account.pk)) for m in one.months])
        for one in coverage(period.since, period.until)
    ]
    context = {"form": form, "rows": rows, "months": months(period.since, period.until)}
    return answer(request, "coverage", form, context)


def answer(request: HttpRequest, view: str, form: forms.Form, more: dict[str, Any]) -> HttpResponse:
    context = more | {"view": view}
    status = 422 if form.errors else 200
    return render(request, f"finance/analytics_{view}.html", context, status=status)


# --- Addresses ------------------------------------------------------------------------------------


def listed(period: Period, **more: Any) -> str:
    """The list of the posted transactions that a figure is made of."""
    query = {"since": period.since.isoformat(), "until": period.until.isoformat(),
             "state": "posted"}  # fmt: skip
    given = {name: value for name, value in more.items() if value}
    return f"{reverse('transactions')}?{urlencode(query | given)}"


def line_href(line: Line, report: SpendingReport) -> str:
    match report.by:
        case By.CATEGORY:
            return listed(report.period, category=line.key or NONE)
        case By.ACCOUNT:
            return listed(report.period, account=line.key)
        case By.MERCHANT:
            return listed(report.period, search=line.key)


def month_href(month: MonthFlow, within: Period) -> str:
    whole = whole_month(month.month)
    return listed(Period(max(whole.since, within.since), min(whole.until, within.until)))


def oddity_href(one: Anomaly) -> str:
    if one.transaction_id:
        return reverse("transaction", args=[one.transaction_id])
    text = None if one.category_id else one.label
    days = Period(one.first_on, one.last_on)
    return listed(days, account=one.account_id, category=one.category_id, search=text)


# --- Words and charts -----------------------------------------------------------------------------


def as_tree(lines: list[Line]) -> list[Line]:
    """Each category with those below it right after it, larger ones first."""
    known = {line.key for line in lines}
    below: dict[Key, list[Line]] = {}
    tops = []
    for line in lines:
        if line.parent in known and line.parent is not None:
            below.setdefault(line.parent, []).append(line)
        else:
            tops.append(line)

    def with_below(line: Line) -> list[Line]:
        deeper = below.get(line.key, []) if line.key is not None else []
        return [line, *(found for one in deeper for found in with_below(one))]

    return [found for line in tops for found in with_below(line)]


def name_of(label: str) -> str:
    return label or _("Without")


def reason(one: Anomaly) -> str:
    match one.kind:
        case Oddity.LARGE_FOR_MERCHANT:
            return _("Far above what is usual there.")
        case Oddity.LARGE_NEW_MERCHANT:
            return _("Nothing was bought there in the twelve months before, and it is much.")
        case Oddity.SAME_TWICE:
            return _("The same amount %(n)s times on one day: perhaps charged twice.") % {
                "n": one.count
            }
        case Oddity.CATEGORY_UP:
            return _("At least half more than usual.")


def spending_chart(report: SpendingReport) -> BarChart | None:
    """Of a category tree, its tops."""
    slices = [
        Slice(name_of(line.label), line.amount, line_href(line, report))
        for line in report.lines
        if line.amount.minor > 0 and line.parent is None
    ]
    rest = listed(report.period)
    if not slices:
        return None
    return bar_chart(slices, rest=Slice(_("Everything else"), slices[0].value, rest))


def flow_chart(flow: CashFlow) -> Sankey | None:
    saved = flow.whole.saved

    def slices(side: list[Stream], more: Money, label: str) -> list[Slice]:
        found = [
            Slice(name_of(s.label), s.amount, listed(flow.period, category=s.key or NONE))
            for s in side
        ]
        # First, so that it is never among what is summed up as the rest.
        return [Slice(label, more, listed(flow.period)), *found] if more.minor > 0 else found

    return sankey(
        slices(flow.sources, -saved, _("From savings")), slices(flow.uses, saved, _("Saved")),
        rest=Slice(_("Everything else"), saved, listed(flow.period)),
    )  # fmt: skip


def worth_chart(found: list[Worth]) -> LineChart | None:
    if len(found) < 2:
        return None
    bands = [
        (
            month,
            whole_month(month).until,
            date_format(month, "YEAR_MONTH_FORMAT"),
            listed(whole_month(month)),
        )
        for month in months(found[0].day, found[-1].day)
    ]
    return line_chart([(one.day, one.total.total) for one in found], bands)
