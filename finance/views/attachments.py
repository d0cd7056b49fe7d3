"""Files of a transaction, in its drawer."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from finance import files
from finance.errors import LedgerError
from finance.models import Attachment, Transaction
from finance.views.transactions import show_transaction
from tenancy.pages import page


@require_POST
@page("transactions:read", write="transactions:write")
def attach(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(Transaction, pk=transaction_id)
    try:
        files.upload(Attachment, transaction_id, request)
    except LedgerError as error:
        return show_transaction(request, transaction_id, problem=str(error))
    return show_transaction(request, transaction_id, is_saved=True)


@require_safe
@page("transactions:read")
def download(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    return files.download(get_object_or_404(Attachment, pk=attachment_id))


@require_POST
@page("transactions:read", write="transactions:write")
def decide(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """Remove it, or bring it back."""
    row = get_object_or_404(Attachment.objects.defer("data"), pk=attachment_id)
    if request.POST.get("verb") == "remove":
        files.remove(Attachment, row.pk)
        return show_transaction(request, row.transaction_id, is_saved=True, removed=row)
    try:
        files.restore(Attachment, row.pk)
    except LedgerError as error:
        return show_transaction(request, row.transaction_id, problem=str(error))
    return show_transaction(request, row.transaction_id, is_saved=True)
