"""The page of rules: what transactions get by themselves, shown on history before it is kept."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from finance.errors import LedgerError
from finance.forms import CategoryField, TreeForm
from finance.ledger.batches import MOST
from finance.models import EditBatch, Rule, Transaction
from finance.query.fields import FIELDS
from finance.querysets import list_rows, with_links
from finance.rules import keeping, running
from finance.tags import present_tags, tags_named
from finance.views.rows import entry
from tenancy.pages import page, tell


class RuleForm(TreeForm):
    id_prefix = "rule"

    query = forms.CharField(
        label=gettext_lazy("Transactions that match"),
        max_length=500,
        widget=forms.TextInput(
            attrs={
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": "merchant:lumo amount<20",
            }
        ),
    )
    category = CategoryField(
        label=gettext_lazy("Get the category"), required=False, empty_label="–"
    )
    merchant = forms.CharField(label=gettext_lazy("The merchant"), max_length=200, required=False)
    notes = forms.CharField(label=gettext_lazy("And the note"), max_length=500, required=False)
    tags = forms.CharField(
        label=gettext_lazy("These tags"),
        max_length=1_000,
        required=False,
        help_text=gettext_lazy("Parted by commas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    is_one_time = forms.BooleanField(
        label=gettext_lazy("And happen only once"),
        required=False,
        help_text=gettext_lazy("Kept out of averages."),
    )
    name = forms.CharField(label=gettext_lazy("Name of the rule"), max_length=120, required=False)


@require_safe
@page("transactions:read")
def rules(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("query", "").replace("\0", "")[:500]
    return _rules(request, RuleForm(initial={"query": query}))


@require_POST
@page("transactions:write")
def add(request: HttpRequest) -> HttpResponse:
    form = RuleForm(request.POST)
    if form.is_valid():
        try:
            tags = tags_named(form.cleaned_data["tags"].split(","))
            keeping.save_rule(Rule(), **form.cleaned_data | {"tags": tags})
        except LedgerError as error:
            tell(form, error)
        else:
            messages.success(request, _("Saved: it holds for what is booked from now on."))
            return redirect("rules")
    return _rules(request, form, status=422)


@require_POST
@page("transactions:read")
def preview(request: HttpRequest) -> HttpResponse:
    """What the rule in the form would do to the ledger. Saves nothing."""
    form = RuleForm(request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        names = form.cleaned_data.pop("tags")
        rule = Rule(**form.cleaned_data)
        try:
            # One that there is not yet is none to be added by looking.
            rule.wanted_tags = present_tags(names.split(","))
            keeping.check_rule(rule)
            shown = running.preview(rule)
        except LedgerError as error:
            tell(form, error)
        else:
            rows = list(list_rows(Transaction.objects.filter(pk__in=shown.examples)))
            context |= {"shown": shown, "examples": [entry(row) for row in with_links(rows)]}
    return render(request, "finance/_rule_preview.html", context)


@require_POST
@page("transactions:write")
def decide(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    """Run it over the ledger, switch it, move it up, or remove it."""
    rule = get_object_or_404(Rule, pk=rule_id)
    match request.POST.get("verb"):
        case "run":
            rows = running.candidates().order_by("-booked_on", "-id")[:MOST]
            edited = running.run([rule], rows, f"Rule: {rule.name}")
            count = edited.changed
            text = ngettext("%(n)d transaction changed.", "%(n)d transactions changed.", count)
            messages.success(request, text % {"n": count})
        case "switch":
            keeping.save_rule(rule, is_enabled=not rule.is_enabled)
        case "up":
            ids = list(Rule.objects.values_list("pk", flat=True))
            at = ids.index(rule.pk)
            ids.insert(max(at - 1, 0), ids.pop(at))
            keeping.order_rules(ids)
        case "remove":
            rule.delete()
            messages.success(request, _("Removed. What it has changed stays."))
    return redirect("rules")


def _rules(request: HttpRequest, form: RuleForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "rules": Rule.objects.select_related("category").prefetch_related("rule_tags__tag"),
        "batches": EditBatch.objects.all()[:10],
        "fields": FIELDS.items(),
    }
    return render(request, "finance/rules.html", context, status=status)
