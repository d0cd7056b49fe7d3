"""The settings pages of webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from notifications.models import Webhook, WebhookDelivery, WebhookState
from notifications.webhooks import managing
from notifications.webhooks.managing import WebhookError
from notifications.webhooks.outbox import EVENTS
from tenancy.pages import page, tell
from tenancy.permissions import may

SHOWN = 50
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class WebhookForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500,
        help_text=gettext_lazy("https://, not in a private network."),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )  # fmt: skip
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it of"), choices=[(name, name) for name in EVENTS],
        widget=forms.CheckboxSelectMultiple, initial=list(EVENTS),
    )  # fmt: skip


@never_cache
@get_or_post
@page("webhooks:read", write="webhooks:write")
def webhooks(request: HttpRequest) -> HttpResponse:
    """A new secret is shown in the answer to the form that made it, and there alone."""
    form, secret = WebhookForm(request.POST or None), ""
    if form.is_valid():
        try:
            _row, secret = managing.add_webhook(**form.cleaned_data)
            form = WebhookForm()
        except WebhookError as error:
            tell(form, error)
    context = {
        "webhooks": Webhook.objects.order_by("name", "id"),
        "secret": secret,
        "form": form if may("webhooks:write") else None,
    }
    status = 422 if form.errors else 200
    return render(request, "notifications/webhooks.html", context, status=status)


@never_cache
@get_or_post
@page("webhooks:read", write="webhooks:write")
def webhook(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    row: Webhook = get_object_or_404(Webhook, pk=webhook_id)
    initial = {"name": row.name, "url": row.url, "events": row.events}
    form = WebhookForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            managing.change_webhook(row.pk, form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("webhook", row.pk)
        except WebhookError as error:
            tell(form, error)
    return _shown(request, row, form, 422 if form.errors else 200)


@never_cache
@require_POST
@page("webhooks:write")
def renew(request: HttpRequest, webhook_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(Webhook, pk=webhook_id)
    row, secret = managing.renew_secret(webhook_id)
    initial = {"name": row.name, "url": row.url, "events": row.events}
    return _shown(request, row, WebhookForm(initial=initial), 200, secret)


@require_POST
@page("webhooks:write")
def act(request: HttpRequest, webhook_id: uuid.UUID, verb: str) -> HttpResponse:
    """Pause, resume, try or remove it."""
    get_object_or_404(Webhook, pk=webhook_id)
    match verb:
        case "pause":
            managing.change_webhook(webhook_id, {"state": WebhookState.PAUSED})
        case "resume":
            managing.change_webhook(webhook_id, {"state": WebhookState.ACTIVE})
        case "ping":
            _or_problem(request, lambda: managing.send_ping(webhook_id), _("On its way."))
        case "remove":
            managing.remove_webhook(webhook_id)
            return redirect("webhooks")
    return redirect("webhook", webhook_id)


@require_POST
@page("webhooks:write")
def resend(request: HttpRequest, delivery_id: uuid.UUID) -> HttpResponse:
    row: WebhookDelivery = get_object_or_404(WebhookDelivery, pk=delivery_id)
    _or_problem(request, lambda: managing.resend(row.pk), _("On its way once more."))
    return redirect("webhook", row.webhook_id)


def _or_problem(request: HttpRequest, verb: Callable[[], object], done: str) -> None:
    try:
        verb()
        messages.success(request, done)
    except WebhookError as error:
        messages.error(request, str(error))


def _shown(
    request: HttpRequest, row: Webhook, form: forms.Form, status: int, secret: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "webhook": row,
        "deliveries": WebhookDelivery.objects.filter(webhook=row).order_by("-id")[:SHOWN],
        "form": form if may("webhooks:write") else None,
        "secret": secret,
    }
    return render(request, "notifications/webhook.html", context, status=status)
