"""Changing many of the listed transactions at once, and undoing it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from finance.errors import LedgerError
from finance.filters import NONE
from finance.forms import CategoryFilterField, TransactionFilterForm, TreeForm
from finance.ledger import Changes
from finance.ledger.batches import MOST, Edited, edit_many, undo
from finance.models import EditBatch, Transaction
from finance.tags import known_tags, tags_named
from tenancy.pages import is_htmx, page, tell

CHANGED_EVENT = "ledger-changed"


class BulkForm(TreeForm):
    """What the chosen transactions get; a field left alone changes nothing."""

    id_prefix = "id_bulk"

    everything = forms.BooleanField(label=gettext_lazy("All that the filter finds"), required=False)
    category = CategoryFilterField(
        label=gettext_lazy("Category"), required=False, empty_label=gettext_lazy("Leave as it is")
    )
    merchant = forms.CharField(label=gettext_lazy("Merchant"), max_length=200, required=False)
    add_tags = forms.CharField(label=gettext_lazy("Add tags"), max_length=1_000, required=False)
    remove_tags = forms.CharField(
        label=gettext_lazy("Take off tags"), max_length=1_000, required=False
    )
    is_one_time = forms.ChoiceField(
        label=gettext_lazy("Happens only once"),
        required=False,
        choices=[
            ("", gettext_lazy("Leave as it is")),
            ("yes", gettext_lazy("Yes")),
            ("no", gettext_lazy("No")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.is_filter = True

    def changes(self) -> Changes:
        """Of a valid form. Raises LedgerError where it says nothing, or names no tag."""
        data, changes = self.cleaned_data, Changes()
        if data["category"]:
            changes["category_id"] = None if data["category"] == NONE else data["category"].pk
        if data["merchant"]:
            changes["merchant"] = data["merchant"]
        if data["is_one_time"]:
            changes["is_one_time"] = data["is_one_time"] == "yes"
        if data["remove_tags"]:
            changes["remove_tags"] = known_tags(data["remove_tags"].split(","))
        if data["add_tags"]:
            changes["add_tags"] = tags_named(data["add_tags"].split(","))
        if not changes:
            raise LedgerError(_("Say what they get."), code="no_change")
        return changes


@require_POST
@page("transactions:write")
def edit(request: HttpRequest) -> HttpResponse:
    """Change the ticked ones, or all that the filter in the address finds."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _form(request, form)
    try:
        ids = _chosen(request, everything=form.cleaned_data["everything"])
        edited = edit_many(dict.fromkeys(ids, form.changes()), _("Bulk edit"))
    except LedgerError as error:
        tell(form, error)
        return _form(request, form)
    return _done(request, done_text(edited), edited.batch)


@require_POST
@page("transactions:write")
def undo_batch(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(EditBatch, pk=batch_id)
    return _done(request, undone_text(*undo(batch_id)), None)


def _chosen(request: HttpRequest, *, everything: bool) -> list[uuid.UUID]:
    """Raises LedgerError for none, and for ids that are none."""
    if everything:
        wanted = TransactionFilterForm(request.GET)
        if not wanted.is_valid():
            raise LedgerError(_("Correct the filter first."), code="invalid_filter")
        found = wanted.matching().order_by("-booked_on", "-id")
        return list(found.values_list("pk", flat=True)[: MOST + 1])
    try:
        ids = [uuid.UUID(text) for text in request.POST.getlist("ids")]
    except ValueError as error:
        raise LedgerError(_("Choose transactions of the list."), code="invalid_id") from error
    if not ids:
        raise LedgerError(_("Choose transactions of the list."), code="nothing_chosen")
    return list(Transaction.objects.filter(pk__in=ids[: MOST + 1]).values_list("pk", flat=True))


def done_text(edited: Edited) -> str:
    text = ngettext("%(n)d transaction changed.", "%(n)d transactions changed.", edited.changed) % {
        "n": edited.changed
    }
    if not edited.skipped:
        return text
    left = ngettext(
        "%(n)d stays as it is: void, split or part of a transfer.",
        "%(n)d stay as they are: void, split or part of a transfer.",
        len(edited.skipped),
    )
    return f"{text} {left % {'n': len(edited.skipped)}}"


def undone_text(restored: int, since: int) -> str:
    text = ngettext("%(n)d came back.", "%(n)d came back.", restored) % {"n": restored}
    if since:
        more = ngettext(
            "%(n)d was changed since and stays.", "%(n)d were changed since and stay.", since
        )
        text = f"{text} {more % {'n': since}}"
    return text


def _form(request: HttpRequest, form: BulkForm) -> HttpResponse:
    context = {"bulk": form, "filter_query": request.GET.urlencode()}
    template = "finance/_bulk.html" if is_htmx(request) else "finance/bulk.html"
    return render(request, template, context | {"ids": request.POST.getlist("ids")}, status=422)


def _done(request: HttpRequest, text: str, batch: EditBatch | None) -> HttpResponse:
    """htmx tells it in a toast and loads the list again; without it, the page that undoes."""
    if not is_htmx(request):
        messages.success(request, text)
        return redirect("rules")
    query = request.GET.urlencode()
    context = {
        "bulk": BulkForm(), "filter_query": query, "done_text": text,
        "undo_url": f"{reverse('batch_undo', args=[batch.pk])}?{query}" if batch else "",
    }  # fmt: skip
    answer = render(request, "finance/_bulk_done.html", context)
    answer["HX-Trigger-After-Settle"] = CHANGED_EVENT
    return answer
