"""Parting a transaction among categories."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from finance import ledger
from finance.errors import LedgerError
from finance.ledger.writing import parts_of
from finance.models import Transaction
from finance.split_forms import SplitForm
from finance.views.transactions import show_saved
from tenancy.pages import is_htmx, page


@require_http_methods(["GET", "HEAD", "POST"])
@page("transactions:write")
def split(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """The parts, to be changed; `add` gives one more line, and changes nothing yet."""
    row, form = _form(request, transaction_id)
    if "add" in request.POST:
        form.add_line()
    elif request.method == "POST" and _saved(row, form, request.POST.get("version", "")):
        return show_saved(request, row.pk)
    context = {"transaction": row, "form": form, "heading": row.merchant or row.description}
    template = "finance/_split.html" if is_htmx(request) else "finance/form.html"
    status = 422 if form.problem or any(line.errors for line in form.lines) else 200
    return render(request, template, context | {"part": "finance/_split.html"}, status=status)


@require_POST
@page("transactions:write")
def left(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """How much the amounts that are typed leave of the whole."""
    _row, form = _form(request, transaction_id)
    return render(request, "finance/_split_left.html", {"left": form.left()})


def _form(request: HttpRequest, transaction_id: uuid.UUID) -> tuple[Transaction, SplitForm]:
    row = get_object_or_404(Transaction, id=transaction_id)
    sent = request.POST if request.method == "POST" else None
    return row, SplitForm(row.amount, parts_of(row), sent)


def _saved(row: Transaction, form: SplitForm, version: str) -> bool:
    """`version` is the row's when it was shown; where that is another now, one looks again."""
    parts = form.parts()
    if parts is None:
        return False
    if version and version != str(row.version):
        form.problem = _(
            "Somebody has changed this transaction meanwhile. Look at it again; save again to"
            " keep what you typed here."
        )
        return False
    try:
        ledger.split(row.pk, parts)
    except LedgerError as error:
        form.problem = str(error)
        return False
    return True
