"""Pages about bills."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance.bills import managing, paying, reading
from finance.bills.forms import BillForm
from finance.errors import LedgerError
from finance.models import Bill, BillNotice, BillStatus, Transaction
from finance.querysets import today
from finance.views.rows import reason_labels
from tenancy.change_forms import tell_kept
from tenancy.models import Tenant
from tenancy.pages import is_htmx, leave_form, page, tell
from tenancy.paging import newest_first
from tenancy.scope import current_tenant_id

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
OPEN = (BillStatus.PROPOSED, BillStatus.OVERDUE, BillStatus.OPEN)
VERBS = {"confirm": managing.confirm, "dismiss": managing.dismiss, "reopen": managing.reopen}
OFFERED_PAYMENTS = 20


@require_safe
@page("transactions:read")
def bills(request: HttpRequest) -> HttpResponse:
    """What is to be paid, by due date; below it what is done with, in pages."""
    day = today()
    waiting = reading.shown(Bill.objects.filter(reading.standing(OPEN, day)))
    done = reading.shown(
        Bill.objects.filter(reading.standing([BillStatus.PAID, BillStatus.DISMISSED], day))
    )
    listed = newest_first(request, done, "issued_on")
    context = {
        "waiting": [
            row_of(bill, day)
            for bill in sorted(waiting, key=lambda b: (b.due_on is None, b.due_on or b.issued_on))
        ],
        "done": [row_of(bill, day) for bill in listed.rows],
        "next_page": listed.next_href,
    }
    template = "finance/_bills_done.html" if request.GET.get("after") else "finance/bills.html"
    return render(request, template, context)


def row_of(bill: Bill, day: Any) -> dict[str, Any]:
    status = bill.status_on(day)
    return {
        "bill": bill,
        "status": status,
        "label": status.label,
        "doubts": reason_labels(bill.doubts),
        "days": (bill.due_on - day).days if bill.due_on else None,
    }


@get_or_post
@page("transactions:write")
def new(request: HttpRequest) -> HttpResponse:
    home = Tenant.objects.only("currency").get(pk=current_tenant_id()).currency
    form = BillForm(request.POST or None, initial={"currency": home})
    if form.is_valid() and (fields := form.fields_of_bill()) is not None:
        try:
            managing.add_bill(**fields)
            return leave_form(request, "bills")
        except LedgerError as error:
            tell(form, error)
    return _form_page(request, form, {"heading": _("Add bill"), "action": _("Add")})


@get_or_post
@page("transactions:read", write="transactions:write")
def bill(request: HttpRequest, bill_id: uuid.UUID) -> HttpResponse:
    row: Bill = get_object_or_404(Bill, pk=bill_id)
    form = BillForm(request.POST or None, initial=BillForm.initial_of(row))
    if form.is_valid() and (fields := form.fields_of_bill()) is not None:
        try:
            managing.change_bill(row.pk, fields)
            tell_kept(request, form)
            return leave_form(request, "bills")
        except LedgerError as error:
            tell(form, error)
    shown = row_of(reading.shown(Bill.objects.filter(pk=row.pk))[0], today())
    told = BillNotice.objects.filter(bill=row, source_kind="email").order_by("told_on", "id")
    context = shown | {"messages_of": told, "payments": possible_payments(row)}
    return _form_page(
        request, form, {"heading": row.payee, "action": _("Save"), **context}, "finance/_bill.html"
    )


def possible_payments(row: Bill) -> list[Transaction]:
    """What a person may mean by “this paid it”: the latest that went out, those of its amount
    first."""
    posted = Transaction.objects.filter(
        state="posted", currency=row.currency, booked_on__gte=row.issued_on - paying.BEFORE
    )
    found = list(posted.filter(amount_minor=-(row.amount_minor or 0))[:OFFERED_PAYMENTS])
    found += [t for t in posted.filter(amount_minor__lt=0)[:OFFERED_PAYMENTS] if t not in found]
    return found[:OFFERED_PAYMENTS]


class PaymentForm(forms.Form):
    transaction = forms.UUIDField()


@require_POST
@page("transactions:read", write="transactions:write")
def pay(request: HttpRequest, bill_id: uuid.UUID) -> HttpResponse:
    row: Bill = get_object_or_404(Bill, pk=bill_id)
    form = PaymentForm(request.POST)
    try:
        if not form.is_valid():
            raise LedgerError(_("Choose the payment."))
        managing.pay(row.pk, form.cleaned_data["transaction"])
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("bills")


@require_POST
@page("transactions:read", write="transactions:write")
def decide(request: HttpRequest, bill_id: uuid.UUID, verb: str) -> HttpResponse:
    get_object_or_404(Bill, pk=bill_id)
    if verb not in VERBS:
        raise Http404
    try:
        VERBS[verb](bill_id)
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("bills")


def _form_page(
    request: HttpRequest, form: BillForm, context: dict[str, Any], part: str = "finance/_form.html"
) -> HttpResponse:
    template = part if is_htmx(request) else "finance/form.html"
    status = 422 if form.errors else 200
    return render(request, template, context | {"form": form, "part": part}, status=status)
