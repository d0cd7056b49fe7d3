"""Pages on how mail is read: what was learned of its senders, and reading it again."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.db.models import F, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from extraction import learning
from extraction.models import (
    DifferenceKind,
    LearnedTemplate,
    Replay,
    ReplayDifference,
    TemplateState,
    TrustedSender,
)
from extraction.replaying import running
from finance.views.events import event_label
from finance.views.rows import words
from jobs.models import LIVE_STATES, Job
from tenancy.errors import DomainError
from tenancy.pages import is_htmx, page
from tenancy.paging import newest_first

EXAMPLES = 3
MOST_TRUSTED = 200
FIELDS: Final = {
    "amount": gettext_lazy("Amount"),
    "original": gettext_lazy("Amount abroad"),
    "booked_on": gettext_lazy("Day"),
    "occurred_at": gettext_lazy("Time"),
    "merchant": gettext_lazy("Merchant"),
    "description": gettext_lazy("Description"),
    "event": gettext_lazy("What happened"),
    "account_id": gettext_lazy("Account"),
    "payee": gettext_lazy("Payee"),
    "due_on": gettext_lazy("Due"),
    "reference": gettext_lazy("Reference"),
}


class ReplayForm(forms.Form):
    sender = forms.EmailField(
        label=gettext_lazy("Sender"),
        required=False,
        help_text=gettext_lazy("Leave it empty for all messages."),
    )
    since = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """A field's name, what the ledger has, and what is read now."""

    label: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Example:
    subject: str
    email_id: uuid.UUID
    changes: list[Changed]
    note: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A group with the first of its differences."""

    group: running.Group
    label: str
    examples: list[Example]


@require_safe
@page("mail:read")
def reading(request: HttpRequest) -> HttpResponse:
    return _reading(request, ReplayForm())


@require_POST
@page("transactions:write")
def start(request: HttpRequest) -> HttpResponse:
    form = ReplayForm(request.POST)
    if form.is_valid():
        try:
            replay, _job = running.start(**form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("replay", replay.pk)
    return _reading(request, form, status=422)


@require_POST
@page("mail:write")
def forget(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    learning.drop(get_object_or_404(LearnedTemplate, pk=template_id))
    messages.success(request, _("Forgotten: this sender is read by the general rules again."))
    return redirect("reading")


@require_safe
@page("transactions:read")
def replay(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Replay, pk=replay_id)
    job = Job.objects.filter(subject__startswith=str(found.pk), state__in=LIVE_STATES).first()
    context = {"replay": found, "job": job, "groups": _shown(found)}
    template = "extraction/_replay.html" if is_htmx(request) else "extraction/replay.html"
    return render(request, template, context)


@require_POST
@page("transactions:write")
def decide(request: HttpRequest, replay_id: uuid.UUID) -> HttpResponse:
    """Accept a group or leave it as it is."""
    found = get_object_or_404(Replay, pk=replay_id)
    group = request.POST.get("group", "")
    try:
        if "accept" in request.POST:
            running.accept(found, group=group)
        else:
            count = running.dismiss(found, group=group)
            text = ngettext("%(n)d is left as it is.", "%(n)d are left as they are.", count)
            messages.success(request, text % {"n": count})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("replay", found.pk)


def _reading(request: HttpRequest, form: ReplayForm, status: int = 200) -> HttpResponse:
    learned = LearnedTemplate.objects.exclude(state=TemplateState.DROPPED)
    listed = newest_first(request, learned, "created_at")
    context: dict[str, Any] = {
        "form": form,
        "replays": Replay.objects.all()[:10],
        "learned": [(row, event_label(row.event)) for row in listed.rows],
        "next_page": listed.next_href,
        "trusted": TrustedSender.objects.all()[:MOST_TRUSTED],
    }
    return render(request, "extraction/reading.html", context, status=status)


def _shown(found: Replay) -> list[Shown]:
    """Two queries, however many groups there are."""
    first = Window(RowNumber(), partition_by=F("group"), order_by=F("id").asc())
    rows = (
        ReplayDifference.objects.filter(replay=found)
        .annotate(place=first)
        .filter(place__lte=EXAMPLES)
        .select_related("email")
    )
    examples: dict[str, list[Example]] = {}
    for row in rows:
        examples.setdefault(row.group, []).append(_example(row))
    return [
        Shown(group, str(DifferenceKind(group.kind).label), examples.get(group.group, []))
        for group in running.groups(found)
    ]


def _example(row: ReplayDifference) -> Example:
    changes = [
        Changed(str(FIELDS.get(name, words(name))), change["old"], change["new"])
        for name, change in row.changes.items()
    ]
    return Example(row.email.subject, row.email_id, changes, row.note)
