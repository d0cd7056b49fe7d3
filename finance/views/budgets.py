"""Pages about budgets and goals."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance.budgets import forms, plans
from finance.budgets.status import Status, own_amounts, statuses
from finance.errors import LedgerError
from finance.goals import saving
from finance.models import Budget, Goal
from finance.money import InvalidMoney, Money
from finance.months import month_of
from finance.querysets import today
from tenancy.change_forms import tell_kept
from tenancy.models import Tenant
from tenancy.pages import is_htmx, leave_form, page, tell
from tenancy.scope import current_tenant_id

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
SHOW: dict[str, Callable[[Status], bool]] = {
    "all": lambda status: True,
    "over": lambda status: status.state != "on_track",
    "on_track": lambda status: status.state == "on_track",
}


@require_safe
@page("transactions:read")
def budgets(request: HttpRequest) -> HttpResponse:
    now = today()
    day = day_asked(request, now)
    show = request.GET.get("show", "all")
    found = statuses(list(Budget.objects.filter(is_archived=False)), day)
    first, last = month_of(day)
    context = {
        "day": day,
        "is_now": first <= now <= last,
        "before": first - timedelta(1),
        "after": last + timedelta(1),
        "show": show if show in SHOW else "all",
        "budgets": [bar_of(s) for s in found if SHOW.get(show, SHOW["all"])(s)],
        "has_budgets": bool(found),
        "counts": {name: sum(map(test, found)) for name, test in SHOW.items()},
        "averages": plans.AVERAGES,
        "goals": saving.progress(list(Goal.objects.filter(is_archived=False))),
    }
    return render(request, "finance/budgets.html", context)


def day_asked(request: HttpRequest, now: date) -> date:
    """The day that `on=2026-05-20` names. Raises BadRequest."""
    form = forms.DayForm(request.POST or request.GET)
    if not form.is_valid():
        raise BadRequest("Give a day as 2026-05-20.")
    day: date = form.cleaned_data["on"] or now
    if not 1901 <= day.year < 2199:
        raise BadRequest("The day must lie between 1901 and 2198.")
    return day


def bar_of(status: Status) -> dict[str, Any]:
    """A budget with the width of its bar, and links to what is behind each figure."""
    return {
        "status": status,
        "width": min(100, max(0, status.percent)),
        "href": _href(status, status.categories[0] if len(status.categories) == 1 else None),
        "shares": [
            {"share": share, "href": _href(status, share.category_id)} for share in status.shares
        ],
        "history": [
            {"period": period, "spent": spent} for period, spent in reversed(status.history)
        ],
    }


def _href(status: Status, category_id: uuid.UUID | None) -> str:
    query = {"since": status.period.first, "until": status.period.last, "state": "posted"}
    if category_id is not None:
        query["category"] = category_id
    return f"{reverse('transactions')}?{urlencode(query)}"


@get_or_post
@page("transactions:write")
def new(request: HttpRequest) -> HttpResponse:
    initial = {"currency": _home_currency(), "starts_on": today().replace(day=1)}
    form = forms.BudgetForm(request.POST or None, initial=initial)
    if form.is_valid() and (fields := form.fields_of_plan()) is not None:
        try:
            plans.add_budget(plans.Plan(**fields))
            return leave_form(request, "budgets")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, _("Add budget"), _("Add"))


@get_or_post
@page("transactions:read", write="transactions:write")
def change(request: HttpRequest, budget_id: uuid.UUID) -> HttpResponse:
    row: Budget = get_object_or_404(Budget, pk=budget_id)
    day = day_asked(request, today())
    status = statuses([row], day)[0]
    own = own_amounts([row]).get((row.pk, status.period.first))
    initial = forms.BudgetChangeForm.initial_of(status, own) | {"on": day}
    form = forms.BudgetChangeForm(request.POST or None, initial=initial)
    form.tell_history(status)
    if form.is_valid() and (fields := form.fields_of_plan()) is not None:
        of_period = form.money("period_amount")
        if not form.errors:
            archived = {"is_archived": form.cleaned_data["is_archived"]}
            try:
                plans.change_budget(row.pk, fields | archived)
                plans.set_period_amount(row.pk, day, of_period)
                tell_kept(request, form)
                return leave_form(request, "budgets")
            except LedgerError as error:
                tell(form, error)
    return _form_page(request, form, row.name, _("Save"))


@require_POST
@page("transactions:read", write="transactions:write")
def copy(request: HttpRequest) -> HttpResponse:
    form = forms.DayForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Give a day as 2026-05-20.")
    return _filled(request, form, plans.copy_last(form.cleaned_data["on"] or today()))


@require_POST
@page("transactions:read", write="transactions:write")
def fill(request: HttpRequest) -> HttpResponse:
    form = forms.FillForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Give a day as 2026-05-20, and 3, 6 or 12 periods.")
    day = form.cleaned_data["on"] or today()
    return _filled(request, form, plans.fill_from_averages(day, form.cleaned_data["periods"]))


def _filled(request: HttpRequest, form: Any, count: int) -> HttpResponse:
    told = ngettext("%(n)d budget filled.", "%(n)d budgets filled.", count) % {"n": count}
    messages.success(request, told)
    day = form.cleaned_data["on"]
    return redirect(reverse("budgets") + (f"?on={day}" if day else ""))


@get_or_post
@page("transactions:write")
def new_goal(request: HttpRequest) -> HttpResponse:
    form = forms.GoalForm(request.POST or None, initial={"currency": _home_currency()})
    if form.is_valid() and (fields := form.fields_of_goal()) is not None:
        try:
            saving.add_goal(**fields)
            return leave_form(request, "budgets")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, _("Add goal"), _("Add"))


@get_or_post
@page("transactions:read", write="transactions:write")
def change_goal(request: HttpRequest, goal_id: uuid.UUID) -> HttpResponse:
    row: Goal = get_object_or_404(Goal, pk=goal_id)
    initial = forms.GoalChangeForm.initial_of(row)
    form = forms.GoalChangeForm(request.POST or None, initial=initial)
    if form.is_valid() and (fields := form.fields_of_goal()) is not None:
        try:
            saving.change_goal(row.pk, fields)
            tell_kept(request, form)
            return leave_form(request, "budgets")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, row.name, _("Save"))


@require_POST
@page("transactions:read", write="transactions:write")
def contribute(request: HttpRequest, goal_id: uuid.UUID) -> HttpResponse:
    row: Goal = get_object_or_404(Goal, pk=goal_id)
    form = forms.ContributionForm(request.POST)
    try:
        if not form.is_valid():
            raise InvalidMoney(_("Give an amount"))
        saving.contribute(row.pk, Money.parse(form.cleaned_data["amount"], row.currency))
        messages.success(request, _("Set aside."))
    except (LedgerError, InvalidMoney) as error:
        messages.error(request, str(error))
    return redirect("budgets")


def _home_currency() -> str:
    return str(Tenant.objects.only("currency").get(pk=current_tenant_id()).currency)


def _form_page(request: HttpRequest, form: Any, heading: str, action: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "action": action}
    template = "finance/_form.html" if is_htmx(request) else "finance/form.html"
    return render(request, template, context, status=422 if form.errors else 200)
