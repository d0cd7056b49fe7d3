"""Pages about transactions: the list, one of them, adding and voiding."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance import ledger
from finance.attachments import kept_of
from finance.errors import LedgerError
from finance.forms import NewTransactionForm, TransactionFilterForm, TransactionForm, VoidForm
from finance.ledger import Movement
from finance.matching import reading
from finance.models import (
    Attachment,
    Category,
    Merchant,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)
from finance.money import Money
from finance.querysets import LIST_COLUMNS, detail_row, history, today, with_links
from finance.tags import tags_named
from finance.trail import told
from finance.views.bulk import BulkForm
from finance.views.events import event_label
from finance.views.merchants import alike_as
from finance.views.rows import Totals, days, entry, entry_of, title_of
from finance.views.saved_filters import SaveForm, chips
from tenancy.pages import is_htmx, leave_form, page, tell
from tenancy.paging import newest_first
from tenancy.permissions import may

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page("transactions:read")
def transactions(request: HttpRequest) -> HttpResponse:
    form = TransactionFilterForm(request.GET)
    context: dict[str, Any] = {"form": form}
    is_next = bool(request.GET.get("after"))
    if form.is_valid():
        found = form.matching()
        listed = newest_first(request, found, "booked_on", columns=LIST_COLUMNS)
        after = date.fromisoformat(request.GET["after"].partition("~")[0]) if is_next else None
        context |= {
            "days": days([entry(row) for row in with_links(listed.rows)], after=after),
            "next_page": listed.next_href,
            "is_filtered": form.is_filtered,
        }
        if not is_next:
            context |= {"totals": totals(found), "badges": form.badges()}
            if context["days"] and may("transactions:write"):
                context["bulk"] = BulkForm()
        context["filter_query"] = _filters(request)
    context["save_form"] = SaveForm(auto_id="save_%s")
    template = "finance/transactions.html"
    if not is_htmx(request):
        context["saved_filters"] = chips(request.GET)
    if is_htmx(request):
        template = "finance/_days.html" if is_next else "finance/_ledger.html"
    return render(request, template, context, status=200 if form.is_valid() else 422)


def _filters(request: HttpRequest) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    return query.urlencode()


def totals(found: QuerySet[Transaction]) -> list[Totals]:
    """Sums of what is posted, by currency: one query."""
    sums = (
        found.filter(state=TransactionState.POSTED)
        .order_by()
        .values("currency")
        .annotate(
            inflow=Sum("amount_minor", filter=Q(amount_minor__gt=0), default=0),
            outflow=Sum("amount_minor", filter=Q(amount_minor__lt=0), default=0),
            count=Count("*"),
        )
        .order_by("-count", "currency")
    )
    return [
        Totals(
            Money(int(row["inflow"]), row["currency"]),
            Money(int(row["outflow"]), row["currency"]),
            row["count"],
        )
        for row in sums
    ]


@get_or_post
@page("transactions:read", write="transactions:write")
def transaction(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """One transaction; a POST saves what was changed in place."""
    if request.method != "POST":
        return show_transaction(request, transaction_id)
    row = detail_row(transaction_id)
    if row is None:
        raise Http404
    form = _form_of(row, request.POST)
    if not form.is_valid():
        return show_transaction(request, transaction_id, form=form)
    data = form.cleaned_data
    changes: ledger.Changes = {}
    if data["merchant"] != row["merchant"]:
        changes["merchant"] = data["merchant"]
    if data["notes"] != row["notes"].strip():
        changes["notes"] = data["notes"]
    if data["is_one_time"] != row["is_one_time"]:
        changes["is_one_time"] = data["is_one_time"]
    if data["tags"] != [tag["name"] for tag in row["tags"]]:
        try:
            changes["tags"] = tags_named(data["tags"])
        except LedgerError as error:
            form.add_error("tags", str(error))
            return show_transaction(request, transaction_id, form=form)
    category_id = data["category"].pk if data["category"] else None
    if len(row["splits"]) == 1 and category_id != row["splits"][0]["category_id"]:
        changes["category_id"] = category_id
    try:
        ledger.edit(transaction_id, changes, expected_version=row["version"])
    except LedgerError as error:
        tell(form, error)
        return show_transaction(request, transaction_id, form=form)
    return show_transaction(
        request,
        transaction_id,
        is_saved=True,
        is_renamed="merchant" in changes,
        kept=form.kept_text(),
    )


@require_POST
@page("transactions:read", write="transactions:write")
def void(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(Transaction, id=transaction_id)
    form = VoidForm(request.POST)
    if not form.is_valid():
        return show_transaction(request, transaction_id, problem=str(form.errors["reason"][0]))
    try:
        ledger.void(transaction_id, form.cleaned_data["reason"])
    except LedgerError as error:
        return show_transaction(request, transaction_id, problem=str(error))
    return show_transaction(request, transaction_id, is_saved=True)


@get_or_post
@page("transactions:write")
def new(request: HttpRequest) -> HttpResponse:
    form = NewTransactionForm(request.POST or None, initial={"booked_on": today()})
    if form.is_valid():
        made = _book(form)
        if made is not None:
            return leave_form(request, "transactions")
    context = {"form": form, "heading": _("Add transaction"), "action": _("Add")}
    template = "finance/_form.html" if is_htmx(request) else "finance/form.html"
    return render(request, template, context, status=422 if form.errors else 200)


def _book(form: NewTransactionForm) -> Transaction | None:
    data = form.cleaned_data
    amount = form.signed(data["account"].currency)
    if amount is None:
        return None
    category: Category | None = data["category"]
    movement = Movement(
        account_id=data["account"].pk,
        booked_on=data["booked_on"],
        amount=amount,
        merchant=data["merchant"],
        category_id=category.pk if category else None,
        notes=data["notes"],
    )
    try:
        return ledger.post(movement)
    except LedgerError as error:
        tell(form, error)
        return None


def show_saved(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """After a form beside a transaction was saved: back to it."""
    if not is_htmx(request):
        return redirect("transaction", transaction_id)
    response = show_transaction(request, transaction_id, is_saved=True)
    response["HX-Push-Url"] = reverse("transaction", args=[transaction_id])
    return response


def show_transaction(
    request: HttpRequest, transaction_id: uuid.UUID, *, form: TransactionForm | None = None,
    problem: str = "", is_saved: bool = False, kept: str = "", is_renamed: bool = False,
    removed: Attachment | None = None,
) -> HttpResponse:  # fmt: skip
    """The page or the drawer of one transaction. Raises Http404."""
    row = detail_row(transaction_id)
    if row is None:
        raise Http404
    shown = entry(row)
    is_changeable = row["state"] != TransactionState.VOID and may("transactions:write")
    if form is None and is_changeable:
        form = _form_of(row)
    if form is not None and len(row["splits"]) > 1:
        del form.fields["category"]
    is_bad = bool(problem or (form is not None and form.errors))
    context = {
        "transaction": row | _shown(row, shown),
        "merchant": Merchant.objects.filter(name=row["merchant"]).first(),
        "splits": _parts(row),
        "form": form,
        "void_form": VoidForm(auto_id="id_void_%s"),
        "may_void": is_changeable,
        "changes": told(history(transaction_id), row["currency"]),
        "removed": removed,
        **_together(transaction_id, is_changeable=is_changeable, is_leg=shown.is_transfer),
        "problem": problem,
        "is_saved": is_saved,
        "kept": kept,
        "row": entry_of(transaction_id) if is_saved and is_htmx(request) else None,
    }
    if is_renamed and row["merchant"] and row["merchant_raw"]:
        context |= alike_as(row["merchant"], row["merchant_raw"])
    template = "finance/_transaction.html" if is_htmx(request) else "finance/transaction.html"
    return render(request, template, context, status=422 if is_bad else 200)


def _together(transaction_id: uuid.UUID, *, is_changeable: bool, is_leg: bool) -> dict[str, Any]:
    """What belongs, or may belong, to it."""
    return {
        "review_item": _question_of(transaction_id),
        "attachments": kept_of(transaction_id),
        "waiting": reading.waiting_of(transaction_id) if is_changeable else [],
        "joined": reading.joined_of(transaction_id),
        "link": reading.transfer_of(transaction_id) if is_leg else None,
        "evidence": reading.evidence_of(transaction_id),
        "may_write": may("transactions:write"),
    }


def _parts(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        split | {"amount": Money(split["amount_minor"], row["currency"])} for split in row["splits"]
    ]


def _question_of(transaction_id: uuid.UUID) -> ReviewItem | None:
    """The open one."""
    items = ReviewItem.objects.filter(transaction=transaction_id, state=ReviewState.OPEN)
    found: ReviewItem | None = items.first()
    return found


def _form_of(row: dict[str, Any], posted: Any = None) -> TransactionForm:
    initial = {name: row[name] for name in ("merchant", "notes", "is_one_time")}
    initial["tags"] = ", ".join(tag["name"] for tag in row["tags"])
    initial["category"] = row["splits"][0]["category_id"]
    return TransactionForm(posted, initial=initial)


def _shown(row: dict[str, Any], shown: Any) -> dict[str, Any]:
    return {
        "title": title_of(row["merchant"], row["description"], row["event"]),
        "amount": shown.amount,
        "original": shown.original,
        "account": shown.account,
        "is_transfer": shown.is_transfer,
        "event_label": event_label(row["event"]),
    }
