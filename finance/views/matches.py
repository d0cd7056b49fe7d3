"""Deciding on a transaction's page what belongs to it."""

from __future__ import annotations

import uuid
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from finance.errors import LedgerError
from finance.matching import deciding
from finance.matching.reading import transfer_of
from finance.models import Match, Transaction
from finance.views.transactions import show_transaction
from tenancy.pages import page

VERBS: Final = {
    "accept": deciding.accept,
    "reject": deciding.reject,
    "reopen": deciding.reopen,
}


@require_POST
@page("transactions:read", write="transactions:write")
def decide(
    request: HttpRequest, transaction_id: uuid.UUID, match_id: uuid.UUID, verb: str
) -> HttpResponse:
    """Join the two, keep them apart, or ask again; the page of the one that stays is shown."""
    if verb not in VERBS:
        raise Http404
    get_object_or_404(Transaction, id=transaction_id)
    get_object_or_404(Match, id=match_id)
    try:
        VERBS[verb](match_id)
    except LedgerError as error:
        return show_transaction(request, transaction_id, problem=str(error))
    return _changed(request, transaction_id)


@require_POST
@page("transactions:read", write="transactions:write")
def part(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """Take a transaction out of the one it was merged into, or out of its transfer."""
    row = get_object_or_404(Transaction, id=transaction_id)
    link = transfer_of(row.pk)
    try:
        if link is not None:
            deciding.unlink(link.pk)
        else:
            deciding.part(row.pk)
    except LedgerError as error:
        return show_transaction(request, transaction_id, problem=str(error))
    return _changed(request, transaction_id)


def _changed(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """What is shown now; the list behind has a row more or less, and other totals."""
    answer = show_transaction(request, transaction_id, is_saved=True)
    answer["HX-Trigger"] = "list-changed"
    return answer
