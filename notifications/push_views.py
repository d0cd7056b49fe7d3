"""One's devices, on the page of preferences."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import person_of
from notifications.models import PushDevice
from notifications.push import keys
from notifications.push.devices import (
    DeviceRefused,
    Subscription,
    add_device,
    device_name,
    devices_of,
    remove_device,
    try_device,
)
from tenancy.pages import page


def told_devices(user_id: uuid.UUID) -> list[tuple[PushDevice, str]]:
    """With what a person knows each by; none while web push is off."""
    rows = devices_of(user_id).order_by("created_at", "id") if keys.is_on() else ()
    return [(row, device_name(row.user_agent)) for row in rows]


@require_POST
@page("notifications:read", write="notifications:write")
def add(request: HttpRequest) -> HttpResponse:
    """For static/js/push.js: what the browser was given by its push service."""
    given = request.POST
    subscription = Subscription(
        given.get("endpoint", ""), given.get("p256dh", ""), given.get("auth", "")
    )
    agent = request.headers.get("User-Agent", "")
    try:
        add_device(person_of(request).id, subscription, agent)
    except DeviceRefused as error:
        return JsonResponse({"detail": str(error)}, status=400)
    messages.success(request, _("This device is told from now on."))
    return HttpResponse(status=204)


@require_POST
@page("notifications:read", write="notifications:write")
def act(request: HttpRequest, device_id: uuid.UUID, verb: str) -> HttpResponse:
    device = get_object_or_404(devices_of(person_of(request).id), pk=device_id)
    if verb == "try":
        try_device(device)
        messages.success(request, _("On its way."))
    else:
        remove_device(device)
        messages.success(request, _("Removed."))
    return redirect("settings_notifications")
