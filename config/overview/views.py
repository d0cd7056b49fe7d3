"""The overview, which is made of everything: its page, its sections one by one, its arrangement."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.views.ledgers import access_of
from config.demo import SAMPLES
from config.onboarding.steps import resumed
from config.overview.building import MOST_INSIGHTS, Glance
from config.overview.layout import VERBS, Layout, changed_layout, layout_of
from config.overview.sections import BY_KEY, KEYS, Card, Section
from mail_ingest.models import Email
from tenancy.pages import is_htmx, page
from tenancy.permissions import may


@require_safe
@page()
def overview(request: HttpRequest) -> HttpResponse:
    """Balances, this month, where the money went, and what waits."""
    if not (may("transactions:read") and may("accounts:read")):
        return redirect("settings")
    glance = Glance()
    context: dict[str, Any] = {
        "today": glance.today,
        "flows": glance.board.flows,
        "has_sample": SAMPLES.exists(),
        **_setting_up(request),
        "is_empty": not glance.board.balances and not Email.objects.exists(),
    }
    if not context["is_empty"]:
        context |= _arranged(request, layout_of(request.user.pk, KEYS), glance)
    return render(request, "config/dashboard.html", context)


@require_safe
@page("transactions:read")
def section(request: HttpRequest, key: str) -> HttpResponse:
    """One section as it follows the page."""
    found, layout = _section(key), layout_of(request.user.pk, KEYS)
    return _one(request, found, layout)


@require_POST
@page("transactions:read")
def arrange(request: HttpRequest, key: str, verb: str) -> HttpResponse:
    """Move a section up or down, fold it, leave it out. It is nobody's but the person's own."""
    found = _section(key)
    if verb not in VERBS:
        raise Http404
    with changed_layout(request.user.pk, KEYS) as layout:
        layout.apply(key, verb)
    if not is_htmx(request):
        return redirect("dashboard")
    if verb in ("fold", "unfold"):
        return _one(request, found, layout)
    return render(request, "config/overview/_sections.html", _arranged(request, layout, Glance()))


@require_POST
@page("transactions:read")
def note(request: HttpRequest) -> HttpResponse:
    """“Got it”: an insight is not shown again until its figures change."""
    with changed_layout(request.user.pk, KEYS) as layout:
        layout.note(request.POST.get("mark", "")[:200])
    if not is_htmx(request):
        return redirect("dashboard")
    return _one(request, BY_KEY["insights"], layout)


def _setting_up(request: HttpRequest) -> dict[str, Any]:
    """Where setting up goes on, for those who do it."""
    tenant = access_of(request).tenant
    if tenant is None or not may("tenant:write"):
        return {}
    return {"resumed": resumed(tenant), "held": tenant.booking_held_since is not None}


def _section(key: str) -> Section:
    if key not in BY_KEY:
        raise Http404
    return BY_KEY[key]


def _arranged(request: HttpRequest, layout: Layout, glance: Glance) -> dict[str, Any]:
    """All sections in their places; those that come first are built."""
    cards = [
        Card(BY_KEY[key], key in layout.folded) for key in layout.order if key not in layout.hidden
    ]
    for card in cards:
        if card.section.is_first and not card.is_folded:
            card.built(glance)
    return {
        "cards": cards,
        "left_out": [BY_KEY[key] for key in layout.order if key in layout.hidden],
        "is_arranging": "arrange" in request.GET or request.method == "POST",
    }


def _one(request: HttpRequest, found: Section, layout: Layout) -> HttpResponse:
    card = Card(found, found.key in layout.folded)
    if not card.is_folded:
        card.built(Glance())
    if found.key == "insights" and card.context:
        card.context = _not_noted(card.context, layout)
    context = {"card": card, "is_arranging": "arrange" in request.GET}
    return render(request, "config/overview/_card.html", context)


def _not_noted(context: dict[str, Any], layout: Layout) -> dict[str, Any] | None:
    left = [one for one in context["insights"] if one.mark not in layout.noted]
    return {"insights": left[:MOST_INSIGHTS]} if left else None
