"""Pages of merchants: the list with sums, and one with its transactions and its aliases."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance.errors import LedgerError
from finance.forms import CategoryField, TreeForm
from finance.merchants import keeping
from finance.merchants.reading import Sums, called, standing, subscriptions_of, sums_of
from finance.models import Merchant, Transaction, TransactionState
from finance.querysets import list_rows, with_links
from finance.views.rows import entry
from tenancy.change_forms import ChangeForm, tell_kept
from tenancy.pages import page, tell
from tenancy.permissions import may

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
PAGE_SIZE = 50
SHOWN = 20
# As many as a list to choose from can hold.
CHOICES = 300


class MerchantForm(ChangeForm, TreeForm):
    id_prefix = "merchant"

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=200,
        help_text=gettext_lazy("All its transactions get it; what messages say of them stays."),
    )
    default_category = CategoryField(
        label=gettext_lazy("Usual category"),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("Suggested for what is booked from now on."),
    )
    website = forms.URLField(
        label=gettext_lazy("Website"), required=False, max_length=200, assume_scheme="https"
    )
    sender_domain = forms.CharField(
        label=gettext_lazy("Its e-mails come from"),
        required=False,
        max_length=253,
        widget=forms.TextInput(attrs={"placeholder": "shop.example", "autocapitalize": "off"}),
    )


class AliasForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("As messages and statements write it"), max_length=300
    )
    apply = forms.BooleanField(
        label=gettext_lazy("Also what is in the ledger already"), required=False, initial=True
    )


class IntoForm(forms.Form):
    into = forms.CharField(
        label=gettext_lazy("Join it with"),
        max_length=200,
        widget=forms.TextInput(attrs={"list": "merchants", "autocomplete": "off"}),
    )


@require_safe
@page("transactions:read")
def merchants(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    rows = called(standing(), text) if text else standing()
    after = request.GET.get("after", "").replace("\0", "")
    found = list((rows.filter(name__gt=after) if after else rows)[: PAGE_SIZE + 1])
    shown, is_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    sums = sums_of(row.name for row in shown)
    query = {"after": shown[-1].name} | ({"q": text} if text else {}) if is_more else {}
    context = {
        "rows": [(row, sums.get(row.name, Sums())) for row in shown],
        "q": text,
        "is_first": not after,
        "next_page": f"?{urlencode(query)}" if query else "",
    }
    return render(request, "finance/merchants.html", context)


@get_or_post
@page("transactions:read", write="transactions:write")
def merchant(request: HttpRequest, merchant_id: uuid.UUID) -> HttpResponse:
    """One of them; a POST saves what is known of it."""
    row = get_object_or_404(Merchant.objects.select_related("merged_into"), pk=merchant_id)
    if row.merged_into is not None:
        return redirect("merchant", row.merged_into.pk)
    if request.method != "POST":
        return _show(request, row)
    form = MerchantForm(request.POST, initial=_known_of(row))
    if form.is_valid():
        try:
            keeping.change_merchant(row.pk, **form.cleaned_data)
        except LedgerError as error:
            tell(form, error)
        else:
            messages.success(request, _("Saved."))
            tell_kept(request, form)
            return redirect("merchant", row.pk)
    return _show(request, row, form=form)


@require_POST
@page("transactions:write")
def alias(request: HttpRequest, merchant_id: uuid.UUID) -> HttpResponse:
    """Show what an alias would name, learn it, or forget one."""
    row = get_object_or_404(Merchant, pk=merchant_id)
    if request.POST.get("verb") == "forget":
        keeping.forget_alias(row.pk, get_object_or_404(row.aliases, pk=_id(request, "alias")).pk)
        return redirect("merchant", row.pk)
    form = AliasForm(request.POST)
    if form.is_valid() and request.POST.get("verb") == "preview":
        return _show(
            request, row, alias_form=form, alike=alike_as(row.name, form.cleaned_data["text"])
        )
    if form.is_valid():
        try:
            keeping.learn_alias(row.pk, **form.cleaned_data)
        except LedgerError as error:
            tell(form, error)
        else:
            messages.success(request, _("Learned: what reads like this gets its name."))
            return redirect("merchant", row.pk)
    return _show(request, row, alias_form=form)


@require_POST
@page("transactions:write")
def join(request: HttpRequest, merchant_id: uuid.UUID) -> HttpResponse:
    """Join it with another, or part one that was."""
    row = get_object_or_404(Merchant, pk=merchant_id)
    if request.POST.get("verb") == "part":
        keeping.part_merchant(row.pk)
        messages.success(request, _("Parted: its transactions have its name again."))
        return redirect("merchant", row.pk)
    form = IntoForm(request.POST)
    if form.is_valid():
        into = Merchant.objects.filter(name=form.cleaned_data["into"].strip()).first()
        try:
            if into is None:
                raise LedgerError(_("There is no merchant of this name."), field="into")
            kept = keeping.merge_merchants(row.pk, into.pk)
        except LedgerError as error:
            tell(form, error)
        else:
            messages.success(request, _("Joined. You can part them again below."))
            return redirect("merchant", kept.pk)
    return _show(request, row, into_form=form)


@require_POST
@page("transactions:write")
def learn(request: HttpRequest, transaction_id: uuid.UUID) -> HttpResponse:
    """From a transaction that was renamed: everything that reads like its message is that."""
    row = get_object_or_404(Transaction, pk=transaction_id)
    try:
        named = keeping.merchant_named(row.merchant)
        keeping.learn_alias(named.pk, row.merchant_raw, apply=True)
    except LedgerError as error:
        messages.error(request, str(error))
        return redirect("transaction", transaction_id)
    messages.success(request, _("Learned: what reads like this gets its name."))
    return redirect("merchant", named.pk)


def _id(request: HttpRequest, name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.POST.get(name, ""))
    except ValueError:
        return None


def alike_as(name: str, text: str) -> dict[str, Any]:
    """What is written like a text, and how much of it has another merchant's name."""
    alike = keeping.written_like(text)
    others = alike.exclude(merchant=name)
    rows = list(list_rows(others)[:10])
    return {
        "alike": {"matching": alike.count(), "changing": others.count()},
        "examples": [entry(each) for each in with_links(rows)],
    }


def _show(
    request: HttpRequest,
    row: Merchant,
    *,
    form: MerchantForm | None = None,
    alias_form: AliasForm | None = None,
    into_form: IntoForm | None = None,
    alike: dict[str, Any] | None = None,
) -> HttpResponse:
    named = Transaction.objects.filter(merchant=row.name).exclude(state=TransactionState.VOID)
    latest = list(list_rows(named)[:SHOWN])
    quoted = row.name.replace('"', " ")
    is_bad = any(each is not None and each.errors for each in (form, alias_form, into_form))
    is_writer = may("transactions:write")
    context = {
        "merchant": row,
        "sums": sums_of([row.name]).get(row.name, Sums()),
        "transactions": [entry(each) for each in with_links(latest)],
        "list_query": urlencode({"search": f'merchant:"{quoted}"'}),
        "aliases": row.aliases.all(),
        "merged": row.merged.all(),
        "subscriptions": subscriptions_of(row),
        "form": form
        or (MerchantForm(initial=_known_of(row)) if is_writer else None),
        "alias_form": alias_form or AliasForm(auto_id="alias_%s"),
        "into_form": into_form or IntoForm(auto_id="into_%s"),
        "others": standing().exclude(pk=row.pk).values_list("name", flat=True)[:CHOICES]
        if is_writer else (),
        **(alike or {}),
    }  # fmt: skip
    return render(request, "finance/merchant.html", context, status=422 if is_bad else 200)


def _known_of(row: Merchant) -> dict[str, Any]:
    """What its form shows."""
    facts = {name: getattr(row, name) for name in ("name", "website", "sender_domain")}
    return facts | {"default_category": row.default_category_id}
