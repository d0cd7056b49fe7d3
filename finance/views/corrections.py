"""Correcting what is seldom wrong: the day, the account and the amount of a transaction."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from finance import ledger
from finance.errors import LedgerError
from finance.forms import CorrectionForm
from finance.models import Transaction
from finance.views.transactions import show_saved
from tenancy.pages import is_htmx, page, tell


@require_http_methods(["GET", "HEAD", "POST"])
@page("transactions:write")
def correct(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Transaction, id=transaction_id)
    form = CorrectionForm(request.POST or None, initial=CorrectionForm.initial_of(row))
    if form.is_valid() and _saved(row, form):
        return show_saved(request, row.pk)
    context = {"transaction": row, "form": form, "heading": row.merchant or row.description}
    template = "finance/_correct.html" if is_htmx(request) else "finance/form.html"
    status = 422 if form.errors else 200
    return render(request, template, context | {"part": "finance/_correct.html"}, status=status)


def _saved(row: Transaction, form: CorrectionForm) -> bool:
    """Only what is another than before is changed, and locked."""
    data = form.cleaned_data
    amount = form.signed(data["account"].currency)
    if amount is None:
        return False
    changes: ledger.Changes = {}
    if data["booked_on"] != row.booked_on:
        changes["booked_on"] = data["booked_on"]
    if data["account"].pk != row.account_id:
        changes["account_id"] = data["account"].pk
    if amount != row.amount:
        changes["amount"] = amount
    try:
        ledger.edit(row.pk, changes, expected_version=row.version)
    except LedgerError as error:
        tell(form, error)
        return False
    return True
