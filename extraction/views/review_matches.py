"""Answering in review whether a question tells of what is known already."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from extraction.views.review import next_question, show_question
from finance.errors import LedgerError
from finance.matching import deciding
from finance.models import Match, ReviewItem
from tenancy.pages import page


@require_POST
@page("transactions:read", write="transactions:write")
def merge(request: HttpRequest, item_id: uuid.UUID, match_id: uuid.UUID) -> HttpResponse:
    """They are one: on to the next question."""
    _check(item_id, match_id)
    try:
        deciding.accept(match_id)
    except LedgerError as error:
        return show_question(request, item_id, problem=str(error))
    undo = reverse("review_match_undo", args=[item_id, match_id])
    return next_question(request, [item_id], _("Merged."), undo=undo)


@require_POST
@page("transactions:read", write="transactions:write")
def keep_both(request: HttpRequest, item_id: uuid.UUID, match_id: uuid.UUID) -> HttpResponse:
    """They are two: the question stays, without this doubt."""
    _check(item_id, match_id)
    deciding.reject(match_id)
    return show_question(request, item_id)


@require_POST
@page("transactions:read", write="transactions:write")
def undo(request: HttpRequest, item_id: uuid.UUID, match_id: uuid.UUID) -> HttpResponse:
    """Part them again, and ask again."""
    _check(item_id, match_id)
    try:
        deciding.reopen(match_id)
    except LedgerError as error:
        return next_question(request, [], "", problem=str(error))
    return show_question(request, item_id)


def _check(item_id: uuid.UUID, match_id: uuid.UUID) -> None:
    get_object_or_404(ReviewItem, id=item_id)
    get_object_or_404(Match, id=match_id)
