"""Telling a person that a sender writes differently than it used to."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.urls import reverse

from extraction.models import EmailExtraction, LearnedTemplate, TemplateState
from extraction.templates.template import ROUTE
from notifications.notify import cancel, notify

RECENT, BEFORE = 5, 20
USED_TO, DOES_NOT = 0.8, 0.2


def check_drift(senders: Iterable[str]) -> int:
    """Of the senders whose templates are active, tell of those whose latest messages no template
    reads any more; once for each template. Returns how many."""
    active = dict(
        LearnedTemplate.objects.filter(sender__in=set(senders), state=TemplateState.ACTIVE)
        .order_by("changed_at")
        .values_list("sender", "pk")
    )
    return sum(_tell(sender, str(pk)) for sender, pk in active.items())


def _tell(sender: str, template: str) -> bool:
    routes = list(
        EmailExtraction.objects.filter(email__from_address=sender)
        .order_by("-email__received_at", "-email_id")
        .values_list("route", flat=True)[: RECENT + BEFORE]
    )
    now, before = _share(routes[:RECENT]), _share(routes[RECENT:])
    if now > DOES_NOT:
        cancel("sender_drift", key=f"{sender}:{template}")
        return False
    if len(routes) < 2 * RECENT or before < USED_TO:
        return False
    facts = {"sender": sender, "now": round(now * 100), "before": round(before * 100)}
    link = f"{reverse('emails')}?{urlencode({'search': sender})}"
    return notify("sender_drift", key=f"{sender}:{template}", facts=facts, link=link) > 0


def _share(routes: list[str]) -> float:
    return sum(route == ROUTE for route in routes) / max(1, len(routes))
