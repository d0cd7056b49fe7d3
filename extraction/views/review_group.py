"""Deciding about several questions at once, and putting one off."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.core.exceptions import BadRequest
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from extraction.views.review import AT_ONCE, next_question
from finance import review
from finance.errors import LedgerError
from finance.models import ReviewItem
from tenancy.pages import is_htmx, page

SNOOZE_DAYS: Final = {"day": 1, "week": 7, "month": 30}


@require_POST
@page("transactions:read", write="transactions:write")
def accept_group(request: HttpRequest) -> HttpResponse:
    """Accept those that are shown, as they were read. One that lacks something stays a question."""
    accepted: list[uuid.UUID] = []
    shown = chosen_ids(request)
    for item_id in shown:
        try:
            with transaction.atomic():
                review.accept(item_id)
        except LedgerError:
            continue
        accepted.append(item_id)
    text = ngettext("%(n)d booked.", "%(n)d booked.", len(accepted)) % {"n": len(accepted)}
    left = len(shown) - len(accepted)
    if left:
        more = ngettext(
            "%(n)d needs an answer of its own.", "%(n)d need an answer of their own.", left
        )
        text = f"{text} {more % {'n': left}}"
    return next_question(request, accepted, text, undo=reverse("review_reopen_group"))


@require_POST
@page("transactions:read", write="transactions:write")
def reopen_group(request: HttpRequest) -> HttpResponse:
    """Take back what was accepted at once: all of it, or, if one was changed since, nothing."""
    problem = ""
    try:
        with transaction.atomic():
            for item_id in chosen_ids(request):
                review.reopen(item_id)
    except LedgerError as error:
        problem = str(error)
    return next_question(request, [], "", problem=problem)


@require_POST
@page("transactions:read", write="transactions:write")
def snooze(request: HttpRequest, item_id: uuid.UUID) -> HttpResponse:
    """Ask again tomorrow, in a week or in a month."""
    days = SNOOZE_DAYS.get(request.POST.get("for", "day"))
    if days is None:
        raise BadRequest("Say for how long: day, week or month.")
    item = get_object_or_404(ReviewItem, id=item_id)
    try:
        review.snooze(item.pk, timezone.now() + timedelta(days))
    except LedgerError as error:
        if not is_htmx(request):
            return redirect("review")
        return next_question(request, [], "", problem=str(error))
    undo = reverse("review_reopen", args=[item_id])
    return next_question(request, [item_id], _("Asked again later."), undo=undo)


def chosen_ids(request: HttpRequest) -> list[uuid.UUID]:
    try:
        found = [uuid.UUID(text) for text in request.POST.getlist("ids")[:AT_ONCE]]
    except ValueError as error:
        raise BadRequest("“ids” must be ids of review items.") from error
    return list(dict.fromkeys(found))
