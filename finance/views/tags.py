"""The page of tags: renaming, joining and removing them, and bringing them back."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from finance import tags as verbs
from finance.errors import LedgerError
from finance.models import Tag, TagRemoval
from tenancy.pages import page

REMOVED_SHOWN = 10


@require_safe
@page("transactions:read")
def tags(request: HttpRequest) -> HttpResponse:
    is_unused = request.GET.get("show") == "unused"
    every = verbs.tag_sums()
    shown = [(tag, sums) for tag, sums in every if not (is_unused and sums.count)]
    context = {
        "rows": [(t, sums, urlencode({"search": f'tag:"{t.name}"'})) for t, sums in shown],
        "names": [tag.name for tag, _sums in every],
        "is_unused": is_unused,
        "unused": sum(not sums.count for _tag, sums in every),
        "removed": TagRemoval.objects.all()[:REMOVED_SHOWN],
    }
    return render(request, "finance/tags.html", context)


@require_POST
@page("transactions:write")
def add(request: HttpRequest) -> HttpResponse:
    try:
        verbs.add_tag(request.POST.get("name", ""))
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("tags")


@require_POST
@page("transactions:write")
def decide(request: HttpRequest, tag_id: uuid.UUID) -> HttpResponse:
    """Rename it, join it with another, or remove it."""
    tag = get_object_or_404(Tag, pk=tag_id)
    name = request.POST.get("name", "")
    try:
        match request.POST.get("verb"):
            case "rename":
                verbs.rename_tag(tag.pk, name)
                messages.success(request, _("Saved."))
            case "join":
                (into,) = verbs.known_tags([name]) or (tag.pk,)
                verbs.join_tags(tag.pk, into)
                messages.success(request, _("Joined. It can be brought back below."))
            case "remove":
                verbs.remove_tag(tag.pk)
                messages.success(request, _("Removed. It can be brought back below."))
    except LedgerError as error:
        messages.error(request, str(error))
    return redirect("tags")


@require_POST
@page("transactions:write")
def restore(request: HttpRequest, removal_id: uuid.UUID) -> HttpResponse:
    removal = get_object_or_404(TagRemoval, pk=removal_id)
    try:
        verbs.restore_tag(removal.pk)
    except LedgerError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It is back on its transactions."))
    return redirect("tags")
