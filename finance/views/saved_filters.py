"""Filters of the transactions page under a name: saving one, and the page that keeps them."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from finance.errors import LedgerError
from finance.models import SavedFilter
from finance.saved_filters import keeping
from tenancy.pages import page


class SaveForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    is_shared = forms.BooleanField(
        label=gettext_lazy("For everybody in this ledger"), required=False
    )


def chips(query: QueryDict) -> list[tuple[SavedFilter, str, bool]]:
    """The filters that are seen, each with its address and whether the list shows it now."""
    now = {name: value for name, value in query.items() if value and name != "after"}
    return [(row, f"?{urlencode(row.fields)}", row.fields == now) for row in keeping.seen()]


@require_safe
@page("transactions:read")
def saved_filters(request: HttpRequest) -> HttpResponse:
    return render(request, "finance/saved_filters.html", {"rows": chips(request.GET)})


@require_POST
@page("transactions:write")
def save(request: HttpRequest) -> HttpResponse:
    """What the list is narrowed by, from its address in `query`."""
    query = QueryDict(request.POST.get("query", "").lstrip("?")[:2_000])
    fields = {name: str(value) for name, value in query.items() if value and name != "after"}
    name, is_shared = request.POST.get("name", ""), bool(request.POST.get("is_shared"))
    try:
        keeping.save_filter(SavedFilter(), name=name, fields=fields, is_shared=is_shared)
    except LedgerError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved: it stands above the list from now on."))
    return redirect(f"{reverse('transactions')}?{urlencode(fields)}")


@require_POST
@page("transactions:write")
def decide(request: HttpRequest, filter_id: uuid.UUID) -> HttpResponse:
    """Rename it, share it, move it up, or remove it."""
    row = get_object_or_404(keeping.seen(), pk=filter_id)
    try:
        match request.POST.get("verb"):
            case "rename":
                keeping.save_filter(row, name=request.POST.get("name", ""))
                messages.success(request, _("Saved."))
            case "share":
                keeping.save_filter(row, is_shared=row.owner_id is not None)
            case "up":
                ids = list(keeping.seen().values_list("pk", flat=True))
                at = ids.index(row.pk)
                ids.insert(max(at - 1, 0), ids.pop(at))
                keeping.order_filters(ids)
            case "remove":
                row.delete()
                messages.success(request, _("Removed."))
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("saved_filters")
