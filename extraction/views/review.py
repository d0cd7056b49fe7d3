"""The review queue: what the reader was not sure of, one question after the other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from extraction.booking import Doubt
from extraction.forms import DecisionForm
from extraction.models import EmailExtraction, TrustedSender
from extraction.pipeline import stored_document
from extraction.reading import Reason
from extraction.senders import SOURCE_KIND, Author, author_of, institution_of
from extraction.views.evidence import evidence_context
from extraction.views.review_narrowing import Narrowing, queue_parts
from finance import review
from finance.accounts import open_account
from finance.errors import LedgerError
from finance.ledger import Changes
from finance.matching.reading import waiting_of_item
from finance.models import ReviewItem, ReviewState
from finance.money import Money
from finance.querysets import open_review_items, today
from finance.views.rows import reason_labels, title_of
from mail_ingest.models import Email
from mail_ingest.trust import Trust
from tenancy.models import Tenant
from tenancy.pages import is_htmx, page, tell
from tenancy.permissions import may, require
from tenancy.scope import current_tenant_id

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Question:
    """An open review item, whether it is about a proposal or a draft."""

    id: uuid.UUID
    title: str
    amount: Money | None
    booked_on: date | None
    reason_labels: list[str]
    has_account: bool
    currency: str
    initial: dict[str, Any]

    @property
    def rule_query(self) -> str:
        """The query of a rule for what its merchant sells; empty where there is none."""
        merchant = str(self.initial.get("merchant") or "").replace('"', "")
        return f'merchant:"{merchant}"' if merchant else ""


@require_safe
@page("transactions:read")
def queue(request: HttpRequest) -> HttpResponse:
    """The newest question; on a phone the list is a page of its own."""
    items = _open_items(request)
    return _show(request, items, items[0] if items else None)


@require_http_methods(["GET", "HEAD", "POST"])
@page("transactions:read", write="transactions:write")
def decide(request: HttpRequest, item_id: uuid.UUID) -> HttpResponse:
    """One question; a POST accepts it, with what was changed."""
    item = get_object_or_404(_with_transactions(), id=item_id)
    if request.method != "POST":
        if item.state != ReviewState.OPEN:
            return redirect("review")
        return _show(request, _open_items(request), item, is_one=True)
    question = question_of(item)
    form = _form(question, item, request.POST)
    if form.is_valid():
        try:
            with transaction.atomic():
                changes = _changes(form, question)
                if changes is not None:
                    review.accept(item.id, changes)
        except LedgerError as error:
            tell(form, error)
        else:
            if changes is not None:
                return _decided(request, item_id, _("Booked."))
    return _show(request, _open_items(request), item, form=form, is_one=True)


@require_POST
@page("transactions:read", write="transactions:write")
def dismiss(request: HttpRequest, item_id: uuid.UUID) -> HttpResponse:
    item = get_object_or_404(_with_transactions(), id=item_id)
    try:
        review.dismiss(item.id)
    except LedgerError as error:
        form = _form(question_of(item), item)
        form.cleaned_data = {}
        form.add_error(None, str(error))
        return _show(request, _open_items(request), item, form=form, is_one=True)
    return _decided(request, item_id, _("Noted: not a transaction."))


@require_POST
@page("transactions:read", write="transactions:write")
def reopen(request: HttpRequest, item_id: uuid.UUID) -> HttpResponse:
    """Undo a decision."""
    item = get_object_or_404(_with_transactions(), id=item_id)
    try:
        review.reopen(item.id)
    except LedgerError as error:
        items = _open_items(request)
        return _show(request, items, items[0] if items else None, problem=str(error))
    return show_question(request, item_id)


def show_question(request: HttpRequest, item_id: uuid.UUID, *, problem: str = "") -> HttpResponse:
    """This one question, beside the others that are open."""
    if not is_htmx(request) and not problem:
        return redirect("review_item", item_id)
    item = _with_transactions().get(id=item_id)
    return _show(request, _open_items(request), item, is_one=True, problem=problem)


def question_of(item: ReviewItem) -> Question:
    row = item.transaction
    if row is None:
        return _drafted(item)
    splits = list(row.splits.all())
    initial = {
        "merchant": row.merchant,
        "amount": abs(row.amount).decimal,
        "direction": "out" if row.amount_minor < 0 else "in",
        "booked_on": row.booked_on,
        "account": row.account_id,
        "category": splits[0].category_id if splits else None,
    }
    return Question(
        id=item.id,
        title=title_of(row.merchant, row.description, row.event),
        amount=row.amount,
        booked_on=row.booked_on,
        reason_labels=reason_labels(item.reasons),
        has_account=True,
        currency=row.currency,
        initial=initial,
    )


def _drafted(item: ReviewItem) -> Question:
    draft = item.draft
    amount = None
    if draft.get("amount") and draft.get("currency"):
        amount = Money.parse(draft["amount"], draft["currency"])
    booked_on = date.fromisoformat(draft["booked_on"]) if draft.get("booked_on") else None
    initial = {
        "merchant": draft.get("merchant", ""),
        "amount": abs(amount).decimal if amount else None,
        "direction": "in" if amount is not None and amount.minor > 0 else "out",
        "booked_on": booked_on or today(),
        "account": draft.get("account_id"),
        "category": draft.get("category_id"),
    }
    return Question(
        id=item.id,
        title=title_of(draft.get("merchant", ""), "", draft.get("event", "")),
        amount=amount,
        booked_on=booked_on,
        reason_labels=reason_labels(item.reasons),
        has_account=bool(draft.get("account_id")),
        currency=amount.currency if amount else _home_currency(),
        initial=initial,
    )


def _changes(form: DecisionForm, question: Question) -> Changes | None:
    """What the form changes about the question; None, with an error on the form, when it cannot
    be read as money. Opens the account that the form names. Raises LedgerError."""
    data = form.cleaned_data
    account = data["account"]
    if account is None:
        require("accounts:write")
        account = open_account(
            data["new_account"],
            question.currency,
            kind=data["new_kind"] or "checking",
            institution=data["new_account"],
            number=data["new_number"],
        )
    if question.amount is not None and account.currency != question.currency:
        untouched = abs(question.amount).decimal == data["amount"]
        if untouched:
            text = _("“%(account)s” is kept in %(kept)s: give the amount that was charged there.")
            form.add_error("amount", text % {"account": account.name, "kept": account.currency})
            return None
    signed = form.signed(account.currency)
    if signed is None:
        return None
    wanted: Changes = {
        "account_id": account.pk,
        "amount": signed,
        "booked_on": data["booked_on"],
        "merchant": data["merchant"],
        "category_id": data["category"].pk if data["category"] else None,
    }
    if question.amount is not None and account.currency != question.currency:
        wanted["original"] = question.amount
    return _only_changed(wanted, question)


def _only_changed(wanted: Changes, question: Question) -> Changes:
    """Without what is as it was read: a field that nobody touched is not locked as a person's."""
    before = question.initial
    same = {
        "merchant": wanted["merchant"] == before["merchant"],
        "booked_on": wanted["booked_on"] == question.booked_on,
        "account_id": str(wanted["account_id"]) == str(before["account"]),
        "amount": wanted["amount"] == question.amount,
        "category_id": wanted["category_id"] == before["category"],
    }
    return {k: v for k, v in wanted.items() if not same.get(k)}  # type: ignore[return-value]


def _form(question: Question, item: ReviewItem, posted: Any = None) -> DecisionForm:
    initial = dict(question.initial)
    if not question.has_account and posted is None:
        initial |= _new_account(item)
    return DecisionForm(
        posted,
        initial=initial,
        has_account=question.has_account,
        currency=question.currency,
    )


def _new_account(item: ReviewItem) -> dict[str, str]:
    """What the message tells of an account that nobody knows yet."""
    email = email_of(item)
    if email is None:
        return {}
    told = EmailExtraction.objects.filter(email=email).order_by("-reader_version").first()
    candidates = told.candidates if told else []
    hint = ""
    if item.source_item < len(candidates):
        hint = candidates[item.source_item]["fields"].get("account_hint", {}).get("value", "")
    return {"new_account": institution_of(_author_of(email, item)), "new_number": hint}


def _author_of(email: Email, item: ReviewItem) -> Author:
    """Of a forward, whoever wrote what was passed on."""
    if Reason.FORWARDED in item.reasons:
        document = stored_document(email, Tenant.objects.get(id=current_tenant_id()))
        if document is not None:
            return author_of(document)
    return Author(email.from_address, email.from_name)


def _new_sender(email: Email, item: ReviewItem) -> dict[str, Any]:
    """The address that may be trusted from here on, and whether it is already; {} where being new
    is not what speaks against the message."""
    if Doubt.NEW_SENDER not in item.reasons or email.trust != Trust.VERIFIED:
        return {}
    address = email.from_address
    is_trusted = TrustedSender.objects.filter(address=address).exists()
    return {"new_sender": address, "is_trusted": is_trusted, "may_trust": may("mail:write")}


def email_of(item: ReviewItem) -> Email | None:
    if item.source_kind != SOURCE_KIND:
        return None
    found: Email | None = Email.objects.select_related("raw").filter(id=item.source_id).first()
    return found


def _decided(request: HttpRequest, item_id: uuid.UUID, done: str) -> HttpResponse:
    return next_question(request, [item_id], done, undo=reverse("review_reopen", args=[item_id]))


def next_question(
    request: HttpRequest, decided: list[uuid.UUID], done: str, *, undo: str = "", problem: str = ""
) -> HttpResponse:
    """The next question, with a way to take back what was decided: `undo` takes their `ids`."""
    query = Narrowing.of(request.GET).query
    if not is_htmx(request):
        return redirect(f"{reverse('review')}{query}")
    items = _open_items(request)
    if not items and query:
        # That part is done: on to the rest.
        request.GET, query = QueryDict(), ""
        items = _open_items(request)
    # On a phone too, one question follows the other; what was decided as a group, from the list.
    more: dict[str, Any] = {"problem": problem, "is_one": len(decided) == 1}
    if decided and undo:
        more |= {"undo_url": undo, "undo_ids": decided, "done_text": done}
    response = _show(request, items, items[0] if items else None, **more)
    address = reverse("review_item", args=[items[0].id]) if items else reverse("review")
    response.headers["HX-Replace-Url"] = f"{address}{query}"
    return response


def _show(
    request: HttpRequest,
    items: list[ReviewItem],
    item: ReviewItem | None,
    *,
    form: DecisionForm | None = None,
    is_one: bool = False,
    **more: Any,
) -> HttpResponse:
    narrowing = Narrowing.of(request.GET)
    context: dict[str, Any] = {
        "narrowing": narrowing,
        "queue": queue_parts(narrowing),
        "items": [question_of(other) for other in items],
        "has_more": len(items) == AT_ONCE,
        "is_one": is_one,
        "oob_count": is_htmx(request),
        "may_decide": may("transactions:write"),
        **more,
    }
    if item is not None:
        question = question_of(item)
        context |= {"item": question, "form": form or _form(question, item)}
        context["waiting"] = waiting_of_item(item)
        email = email_of(item)
        if email is not None:
            context |= evidence_context(email, item.source_item)
            context |= _new_sender(email, item)
    template = "extraction/_review.html" if is_htmx(request) else "extraction/review.html"
    is_bad = form is not None and bool(form.errors)
    return render(request, template, context, status=422 if is_bad else 200)


def _with_transactions() -> Any:
    rows = ReviewItem.objects.select_related("transaction__account")
    return rows.prefetch_related("transaction__splits")


def _open_items(request: HttpRequest) -> list[ReviewItem]:
    """The newest of the part of the queue that the address names."""
    items = Narrowing.of(request.GET).apply(open_review_items())
    items = items.select_related("transaction__account")
    return list(items.prefetch_related("transaction__splits")[:AT_ONCE])


def _home_currency() -> str:
    return str(Tenant.objects.get(id=current_tenant_id()).currency)
