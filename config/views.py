"""The overview, which is made of everything, and the work that is going on."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from config.charts import BarChart, Slice, bar_chart
from config.demo import MAILBOX, SAMPLES, archive
from extraction.scheduling import pending_emails
from finance.models import MonthlyTotal
from finance.querysets import Spending, dashboard, month_totals, spending, today
from finance.views.accounts import by_currency
from jobs.models import LIVE_STATES, Job
from jobs.views import described
from mail_ingest.errors import MailError
from mail_ingest.imports import start_import
from mail_ingest.models import Email
from tenancy.models import Tenant
from tenancy.pages import page
from tenancy.permissions import may
from tenancy.scope import current_tenant_id

YEAR = timedelta(days=366)


@require_safe
@page()
def overview(request: HttpRequest) -> HttpResponse:
    """Balances, this month, where the money went, and what waits."""
    if not (may("transactions:read") and may("accounts:read")):
        return redirect("settings")
    shown, now = dashboard(), today()
    latest = _month_with_spending(now)
    totals = month_totals(latest) if latest else []
    context: dict[str, Any] = {
        "today": now,
        "flows": shown.flows,
        "groups": by_currency(shown.balances),
        "chart_month": latest or now,
        "chart": _chart(spending(totals), latest) if latest else None,
        "has_sample": SAMPLES.exists(),
        "is_empty": not shown.balances and not Email.objects.exists(),
    }
    return render(request, "config/dashboard.html", context)


@require_safe
@page("jobs:read")
def work(request: HttpRequest) -> HttpResponse:
    """What runs now, for pages that wait for it. When all is done the page around is reloaded."""
    jobs = [described(job) for job in _live_jobs()[:5]]
    is_busy = bool(jobs) or pending_emails().exists()
    if not is_busy and "busy" in request.GET:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "config/_work.html", {"jobs": jobs, "is_busy": is_busy})


@require_POST
@page("mail:write")
def import_sample(request: HttpRequest) -> HttpResponse:
    """Try Inledger with its made-up mailbox."""
    folder = settings.DATA_DIR / "demo" / str(current_tenant_id())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        start_import(archive(folder), is_own=True, account_label=MAILBOX)
    except MailError as error:
        messages.error(request, str(error))
    return redirect("dashboard")


def _live_jobs() -> QuerySet[Job]:
    """Work on this ledger's mail; sending our own mail is nobody's progress."""
    live: QuerySet[Job] = Job.objects.filter(state__in=LIVE_STATES)
    return live.exclude(kind__startswith="accounts.")


def _month_with_spending(now: date) -> date | None:
    """This month, or the latest of the last year in which something was booked."""
    months = MonthlyTotal.objects.filter(month__lte=now, month__gt=now - YEAR)
    latest: date | None = (
        months.filter(total_minor__lt=0).order_by("-month").values_list("month", flat=True).first()
    )
    return latest


def _chart(found: list[Spending], month: date) -> BarChart | None:
    """Spending in the ledger's own currency, else in the one with the most."""
    home = Tenant.objects.get(id=current_tenant_id()).currency
    positive = [entry for entry in found if entry.amount.minor > 0]
    if not positive:
        return None
    at_home = [entry for entry in positive if entry.amount.currency == home]
    chosen = at_home or [e for e in positive if e.amount.currency == positive[0].amount.currency]
    days = calendar.monthrange(month.year, month.month)[1]
    period = {"since": month.isoformat(), "until": month.replace(day=days).isoformat()}
    listed = reverse("transactions")

    def href(**more: Any) -> str:
        return f"{listed}?{urlencode(period | more)}"

    slices = [
        Slice(
            entry.label or _("No category"),
            entry.amount,
            href(category=entry.category_id) if entry.category_id else href(),
        )
        for entry in chosen
    ]
    return bar_chart(slices, rest=Slice(_("Everything else"), slices[0].value, href()))
