"""The page of subscriptions: what history suggests, what runs, what it costs, and when it comes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from finance.errors import LedgerError
from finance.models import Announcement, AnnouncementState, Subscription, SubscriptionState
from finance.money import Money
from finance.months import TO_COME, DayEntry, month_of, weeks
from finance.querysets import today
from finance.subscriptions import announcing, deciding, reading
from finance.subscriptions.finding import find_subscriptions
from finance.subscriptions.reading import Shown
from finance.views.recurring import month_asked
from finance.views.rows import reason_labels
from tenancy.pages import is_htmx, page

VERBS: dict[str, Callable[[uuid.UUID], Subscription]] = {
    "accept": deciding.accept,
    "reject": deciding.reject,
    "cancel": deciding.cancel,
}


@require_safe
@page("transactions:read")
def subscriptions(request: HttpRequest) -> HttpResponse:
    now = today()
    first, last = month_of(month_asked(request, now))
    entries = reading.shown(reading.listed(Subscription.objects.all(), now))
    running = [entry for entry in entries if entry.row.state == SubscriptionState.ACCEPTED]
    days = [day for entry in running for day in days_of(entry, first, last)]
    per_year = reading.cost_per_year(running)
    context = {
        "month": first,
        "before": first - timedelta(1),
        "after": last + timedelta(1),
        "is_now": first <= now <= last,
        "weeks": weeks(first, now, days),
        "suggested": rows_of(entries, SubscriptionState.SUGGESTED),
        "running": [row_of(entry) for entry in sorted(running, key=lambda e: e.row.next_on)],
        "past": rows_of(entries, SubscriptionState.CANCELLED, SubscriptionState.REJECTED),
        "per_year": per_year,
        "per_month": [Money(round(cost.minor / 12), cost.currency) for cost in per_year],
        "today": now,
        "announced": [announcement_of(row) for row in reading.announced(now)],
    }
    return render(request, "finance/subscriptions.html", context)


def rows_of(entries: list[Shown], *states: str) -> list[dict[str, Any]]:
    return [row_of(entry) for entry in entries if entry.row.state in states]


def row_of(entry: Shown) -> dict[str, Any]:
    prices = entry.prices
    return {
        "entry": entry,
        "subscription": entry.row,
        "how_often": how_often(entry.row),
        "why": why(entry),
        "price": prices[-1] if len(prices) > 1 else None,
    }


def how_often(row: Subscription) -> str:
    words = {
        "week": ngettext("every week", "every %(n)s weeks", row.every),
        "month": ngettext("every month", "every %(n)s months", row.every),
        "year": ngettext("every year", "every %(n)s years", row.every),
    }
    return words[row.unit] % {"n": row.every}


def why(entry: Shown) -> str:
    """“7 charges of the same amount, at most 1 day from their date”."""
    row, count = entry.row, len(entry.charges)
    if row.varies:
        charges = ngettext("%(n)s charge of similar amounts", "%(n)s charges of similar amounts",
                           count)  # fmt: skip
    elif len(entry.prices) > 1:
        charges = ngettext("%(n)s charge", "%(n)s charges", count)
    else:
        charges = ngettext("%(n)s charge of the same amount", "%(n)s charges of the same amount",
                           count)  # fmt: skip
    off = ngettext("at most %(n)s day from its date", "at most %(n)s days from their dates",
                   row.days_off) % {"n": row.days_off}  # fmt: skip
    parts = [charges % {"n": count}, off if row.days_off else _("each on its date")]
    if row.left_out:
        left_out = ngettext("%(n)s left out", "%(n)s left out", row.left_out)
        parts.append(left_out % {"n": row.left_out})
    return ", ".join(parts)


def days_of(entry: Shown, first: Any, last: Any) -> list[DayEntry]:
    """What was charged in a month and what is still to come."""
    row = entry.row
    found = [
        DayEntry(
            charge.day, row.name, "met", _("Charged"), charge.amount,
            reverse("transaction", args=[charge.transaction_id]),
        )
        for charge in entry.charges
        if first <= charge.day <= last
    ]  # fmt: skip
    here = reverse("subscription", args=[row.pk])
    to_come = row.rule.slots(max(first, row.next_on), last)
    return found + [DayEntry(day, row.name, TO_COME, "", row.amount, here) for day in to_come]


@require_safe
@page("transactions:read")
def subscription(request: HttpRequest, subscription_id: uuid.UUID) -> HttpResponse:
    row: Subscription = get_object_or_404(
        Subscription.objects.select_related("account"), pk=subscription_id
    )
    entry = reading.shown([row])[0]
    part = "finance/_subscription.html"
    context = row_of(entry) | {
        "heading": row.name,
        "prices": entry.prices[::-1],
        "charges": entry.charges[::-1],
        "part": part,
    }
    return render(request, part if is_htmx(request) else "finance/form.html", context)


def announcement_of(row: Announcement) -> dict[str, Any]:
    return {
        "row": row,
        "doubts": reason_labels(row.doubts),
        "is_proposed": row.state == AnnouncementState.PROPOSED,
        "by_email": row.source_kind == "email",
    }


@require_POST
@page("transactions:read", write="transactions:write")
def decide_announcement(
    request: HttpRequest, announcement_id: uuid.UUID, verb: str
) -> HttpResponse:
    get_object_or_404(Announcement, pk=announcement_id)
    verbs = {"confirm": announcing.confirm, "dismiss": announcing.dismiss}
    if verb not in verbs:
        raise Http404
    try:
        verbs[verb](announcement_id)
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("subscriptions")


@require_POST
@page("transactions:read", write="transactions:write")
def find(request: HttpRequest) -> HttpResponse:
    count = find_subscriptions(today())
    told = ngettext("%(n)s new suggestion.", "%(n)s new suggestions.", count)
    messages.success(request, told % {"n": count} if count else _("Nothing new was found."))
    return redirect("subscriptions")


@require_POST
@page("transactions:read", write="transactions:write")
def decide(request: HttpRequest, subscription_id: uuid.UUID, verb: str) -> HttpResponse:
    get_object_or_404(Subscription, pk=subscription_id)
    if verb not in VERBS:
        raise Http404
    try:
        VERBS[verb](subscription_id)
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("subscriptions")
