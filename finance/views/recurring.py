"""Pages about what repeats: the month's due dates, the list, adding and changing."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance.bills import reading as bills
from finance.errors import LedgerError
from finance.models import Bill, Recurring, RecurringState, SlotState
from finance.months import DayEntry, month_of, weeks
from finance.planning_forms import DueForm, RecurringChangeForm, RecurringForm
from finance.querysets import today
from finance.recurrence import On
from finance.recurring import reading, templates
from tenancy.change_forms import tell_kept
from tenancy.pages import is_htmx, leave_form, page, tell

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page("transactions:read")
def recurring(request: HttpRequest) -> HttpResponse:
    now = today()
    first, last = month_of(month_asked(request, now))
    entries = [happening.entry for happening in reading.happenings(first, last)]
    entries += [bill_entry(bill, now) for bill in bills.due_in(first, last) if bill.due_on]
    # Nobody looks forward at what has ended: it is a state of the list.
    rows = [row_of(row) for row in reading.with_last(Recurring.objects.all())]
    context = {
        "month": first,
        "before": first - timedelta(1),
        "after": last + timedelta(1),
        "is_now": first <= now <= last,
        "weeks": weeks(first, now, entries),
        "rows": [row for row in rows if row["recurring"].state != RecurringState.ENDED],
        "ended": [row for row in rows if row["recurring"].state == RecurringState.ENDED],
    }
    return render(request, "finance/recurring.html", context)


def bill_entry(bill: Bill, now: date) -> DayEntry:
    status = bill.status_on(now)
    href = reverse("bill", args=[bill.pk])
    day = bill.due_on or bill.issued_on
    return DayEntry(day, bill.payee, status, str(status.label), bill.amount, href)


def month_asked(request: HttpRequest, now: date) -> date:
    """A day of the month that `?month=2026-05` names. Raises BadRequest."""
    text = request.GET.get("month", "")
    if not text:
        return now
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise BadRequest("Give a month as 2026-05.") from error
    if not 1900 <= month.year < 2200:
        raise BadRequest("The month must lie between 1900 and 2199.")
    return month


def row_of(row: Any) -> dict[str, Any]:
    """A row of `reading.with_last` with what a person reads of it."""
    dates = reading.next_dates(row, 3)
    return {
        "recurring": row,
        "rule": rule_words(row),
        "next": dates[0] if dates else None,
        "dates": dates[1:],
        "last": SlotState(row.last_state).label if row.last_state else "",
    }


def rule_words(row: Recurring) -> str:
    """“Every 3 months, on the last day of the month”."""
    n = row.every
    every = {
        "day": ngettext("Every day", "Every %(n)s days", n),
        "week": ngettext("Every week", "Every %(n)s weeks", n),
        "month": ngettext("Every month", "Every %(n)s months", n),
        "year": ngettext("Every year", "Every %(n)s years", n),
    }[row.unit] % {"n": n}
    if row.unit in ("day", "week"):
        when = date_format(row.anchor_on, "l") if row.unit == "week" else ""
    elif row.day == On.SAME_DAY:
        # The day of a month as each language counts it: “31st”, „31.“
        when = date_format(
            row.anchor_on, gettext("jS") if row.unit == "month" else "MONTH_DAY_FORMAT"
        )
    else:
        when = str(row.get_day_display())
        if row.day != On.LAST_DAY:
            when = f"{date_format(row.anchor_on, 'l')}, {when}"
    return f"{every}, {when}" if when else every


@get_or_post
@page("transactions:write")
def new(request: HttpRequest) -> HttpResponse:
    form = RecurringForm(request.POST or None, initial={"anchor_on": today()})
    if form.is_valid() and (fields := form.fields_of_template()) is not None:
        try:
            templates.add_recurring(templates.Template(**fields))
            return leave_form(request, "recurring")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, _("Add recurring transaction"), _("Add"))


@get_or_post
@page("transactions:read", write="transactions:write")
def change(request: HttpRequest, recurring_id: uuid.UUID) -> HttpResponse:
    row: Recurring = get_object_or_404(Recurring, pk=recurring_id)
    form = RecurringChangeForm(request.POST or None, initial=RecurringForm.initial_of(row))
    if form.is_valid() and (fields := form.fields_of_template()) is not None:
        try:
            templates.change_recurring(row.pk, fields | {"state": form.cleaned_data["state"]})
            tell_kept(request, form)
            return leave_form(request, "recurring")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, row.name, _("Save"))


@require_POST
@page("transactions:read", write="transactions:write")
def skip(request: HttpRequest, recurring_id: uuid.UUID) -> HttpResponse:
    return _deal_with(request, recurring_id, templates.skip, _("Left out."))


@require_POST
@page("transactions:read", write="transactions:write")
def record(request: HttpRequest, recurring_id: uuid.UUID) -> HttpResponse:
    return _deal_with(request, recurring_id, templates.record_now, _("Recorded today."))


def _deal_with(request: HttpRequest, recurring_id: uuid.UUID, verb: Any, done: str) -> HttpResponse:
    get_object_or_404(Recurring, pk=recurring_id)
    form = DueForm(request.POST)
    if not form.is_valid():
        raise BadRequest("Give the due date as 2026-05-31.")
    try:
        verb(recurring_id, form.cleaned_data["due_on"])
        messages.success(request, done)
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("recurring")


def _form_page(request: HttpRequest, form: Any, heading: str, action: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "action": action}
    template = "finance/_form.html" if is_htmx(request) else "finance/form.html"
    return render(request, template, context, status=422 if form.errors else 200)
