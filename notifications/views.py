"""The notification centre, preferences, and the way out of e-mails."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person_of
from jobs.clock import database_now
from notifications import preferences as choosing
from notifications import reading, unsubscribing
from notifications.composing import described
from notifications.forms import ChoicesForm, DeliveryForm
from notifications.kinds import KINDS
from notifications.models import Notification
from notifications.previewing import preview
from notifications.push import keys as push_keys
from notifications.push_views import told_devices
from notifications.querysets import notices_of, unread_of
from tenancy.pages import is_htmx, page, tell
from tenancy.paging import newest_first

SNOOZE_HOURS = {"1": 1, "24": 24, "168": 168}
MUTE_DAYS = {"1": 1, "7": 7, "30": 30}


@require_safe
@page("notifications:read")
def notifications(request: HttpRequest) -> HttpResponse:
    user = person_of(request)
    unread_only = request.GET.get("show") == "unread"
    rows = unread_of(user.id) if unread_only else notices_of(user.id)
    listed = newest_first(request, rows, "due_at")
    context = {
        "notices": [(row, described(row, user.language, user.time_zone)) for row in listed.rows],
        "next_page": listed.next_href,
        "unread_only": unread_only,
        "unread": unread_of(user.id).count(),
    }
    template = "notifications/_list.html" if is_htmx(request) else "notifications/list.html"
    return render(request, template, context)


@require_safe
@page("notifications:read")
def coming(request: HttpRequest) -> HttpResponse:
    """What will I be told this week?"""
    user = person_of(request)
    now = database_now()
    found = preview(now, user_id=user.id)
    mailed = {notice.id for mail in found.mails for notice in mail.letter.notices}
    others = [
        row for row in found.notices if row.notice.id not in mailed and row.tell_at != row.push_at
    ]
    context = {
        "mails": found.mails,
        "pushed": [
            (row.push_at, described(row.notice, user.language, user.time_zone))
            for row in sorted(found.notices, key=lambda row: row.push_at or row.tell_at)
            if row.push_at
        ],
        "others": [(row, described(row.notice, user.language, user.time_zone)) for row in others],
        "delivery": choosing.delivery_settings(user.id),
        "now": now,
    }
    return render(request, "notifications/coming.html", context)


@require_POST
@page("notifications:read", write="notifications:write")
def open_notice(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Read it, and go where it points."""
    notice = _mine(request, notice_id)
    reading.mark_read(notice)
    return redirect(notice.link or "notifications")


@require_POST
@page("notifications:read", write="notifications:write")
def read_all(request: HttpRequest) -> HttpResponse:
    reading.mark_all_read(person_of(request).id)
    return redirect("notifications")


@require_POST
@page("notifications:read", write="notifications:write")
def snooze(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    hours = SNOOZE_HOURS.get(request.POST.get("hours", ""), 24)
    reading.snooze(_mine(request, notice_id), timezone.now() + timedelta(hours=hours))
    messages.success(request, _("Snoozed."))
    return redirect("notifications")


@require_http_methods(["GET", "HEAD", "POST"])
@page("notifications:read", write="notifications:write")
def preferences(request: HttpRequest) -> HttpResponse:
    user_id = person_of(request).id
    row, told = choosing.delivery_settings(user_id), told_devices(user_id)
    has_devices = bool(told)
    delivery = DeliveryForm(request.POST or None, instance=row, has_devices=has_devices)
    choices = ChoicesForm(
        choosing.choices_of(user_id), request.POST or None, has_devices=has_devices
    )
    if delivery.is_valid() and choices.is_valid():
        try:
            choosing.change_delivery(user_id, **delivery.cleaned_data)
        except choosing.PreferenceRefused as error:
            tell(delivery, error)
        else:
            for kind, wanted in choices.changed().items():
                choosing.set_preference(user_id, kind, **wanted)
            messages.success(request, _("Saved."))
            return redirect("settings_notifications")
    status = 422 if delivery.errors or choices.errors else 200
    is_muted = row.muted_until is not None and row.muted_until > database_now()
    context = {
        "delivery": delivery, "choices": choices, "row": row, "is_muted": is_muted,
        "devices": told, "push_key": push_keys.public_key() if push_keys.is_on() else "",
    }  # fmt: skip
    return render(request, "notifications/preferences.html", context, status=status)


@require_POST
@page("notifications:read", write="notifications:write")
def mute(request: HttpRequest) -> HttpResponse:
    days = MUTE_DAYS.get(request.POST.get("days", ""), 0)
    choosing.mute(person_of(request).id, days)
    messages.success(request, _("Muted.") if days else _("You get e-mails again."))
    return redirect("settings_notifications")


@require_POST
@page("notifications:read", write="notifications:write")
def try_address_again(request: HttpRequest) -> HttpResponse:
    choosing.try_address_again(person_of(request).id)
    messages.success(request, _("You get e-mails again."))
    return redirect("settings_notifications")


# The token in the address is the proof; a mail reader's one-click post has no session.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Asks first, because link checkers follow links; a post stops the mails (RFC 8058)."""
    wanted = unsubscribing.read(token)
    if wanted is None:
        return render(request, "notifications/unsubscribe.html", {"is_wrong": True}, status=404)
    if request.method == "POST":
        unsubscribing.stop(wanted)
    kinds = [KINDS[kind].name for kind in wanted.kinds]
    context = {"kinds": kinds if len(kinds) == 1 else [], "is_done": request.method == "POST"}
    return render(request, "notifications/unsubscribe.html", context)


def _mine(request: HttpRequest, notice_id: uuid.UUID) -> Notification:
    return get_object_or_404(notices_of(person_of(request).id), id=notice_id)
