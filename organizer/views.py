"""The page of tasks."""

from __future__ import annotations

import uuid
from typing import Final

from django import forms
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from finance.querysets import today
from organizer import todo
from organizer.errors import OrganizerError
from organizer.filters import VIEWS, in_view
from organizer.models import Task
from tenancy.pages import page, tell

SHOWN: Final = 200


class QuickAddForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is to be done?"),
        max_length=500,
        help_text=gettext_lazy("For example: pay rent every 1st #home !high"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


@require_safe
@page("tasks:read")
def tasks(request: HttpRequest) -> HttpResponse:
    return _tasks(request, QuickAddForm())


@require_POST
@page("tasks:write")
def add(request: HttpRequest) -> HttpResponse:
    form = QuickAddForm(request.POST)
    if form.is_valid():
        try:
            todo.quick_add(form.cleaned_data["text"])
        except OrganizerError as error:
            error.field = "text"
            tell(form, error)
        else:
            return redirect("tasks")
    return _tasks(request, form, status=422)


@require_POST
@page("tasks:write")
def decide(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Done, to be done after all, or removed."""
    get_object_or_404(Task, pk=task_id)
    match request.POST.get("verb"):
        case "complete":
            todo.complete_task(task_id)
        case "reopen":
            todo.reopen_task(task_id)
        case "remove":
            todo.remove_task(task_id)
    return redirect("tasks")


def _tasks(request: HttpRequest, form: QuickAddForm, *, status: int = 200) -> HttpResponse:
    view = request.GET.get("view", "")
    view = view if view in dict(VIEWS) else "open"
    order = "-done_at" if view == "done" else F("due_on").asc(nulls_last=True)
    found = list(in_view(Task.objects.all(), view).order_by(order, "id")[: SHOWN + 1])
    context = {
        "form": form,
        "tasks": found[:SHOWN],
        "has_more": len(found) > SHOWN,
        "today": today(),
        "views": VIEWS,
        "view": view,
    }
    return render(request, "organizer/tasks.html", context, status=status)
