"""The page of one's own reminders."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts.access import person_of
from finance.querysets import home, today
from finance.recurrence import instant_of
from organizer import reminders
from organizer.errors import OrganizerError
from organizer.models import Task, TaskState
from tenancy.pages import page, tell

SHOWN: Final = 200
BEFORE: Final = (
    (0, gettext_lazy("When it is due")), (15, gettext_lazy("15 minutes before")),
    (60, gettext_lazy("An hour before")), (24 * 60, gettext_lazy("A day before")),
    (3 * 24 * 60, gettext_lazy("Three days before")), (7 * 24 * 60, gettext_lazy("A week before")),
)  # fmt: skip
AGAIN: Final = (
    ("", gettext_lazy("Once")), (60, gettext_lazy("Every hour until it is done")),
    (24 * 60, gettext_lazy("Every day until it is done")),
    (7 * 24 * 60, gettext_lazy("Every week until it is done")),
)  # fmt: skip
SNOOZES: Final = (
    ("hour", gettext_lazy("In an hour")), ("tomorrow", gettext_lazy("Tomorrow morning")),
    ("week", gettext_lazy("In a week")),
)  # fmt: skip


class ReminderForm(forms.Form):
    title = forms.CharField(label=gettext_lazy("Remind me of"), max_length=200, required=False)
    at = forms.DateTimeField(
        label=gettext_lazy("At"), required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
    )  # fmt: skip
    task = forms.ModelChoiceField(
        Task.objects.none(), label=gettext_lazy("Or of the task"), required=False,
        empty_label=gettext_lazy("None"),
    )  # fmt: skip
    minutes_before = forms.TypedChoiceField(
        label=gettext_lazy("How long before"), choices=BEFORE, coerce=int, required=False
    )
    repeat_minutes = forms.TypedChoiceField(
        label=gettext_lazy("How often"), choices=AGAIN, coerce=int, required=False,
        empty_value=None,
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("Note"), max_length=500, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        due = Task.objects.filter(state=TaskState.OPEN, due_on__isnull=False)
        field: Any = self.fields["task"]
        field.queryset = due.order_by("due_on", "id")

    def wanted(self) -> dict[str, Any]:
        """What `reminders.add_reminder` takes. What is typed is a time of the reader's own zone."""
        data = self.cleaned_data
        common = {name: data[name] for name in ("title", "note", "repeat_minutes")}
        if data["task"] is not None and data["at"] is None:
            before = data["minutes_before"] or 0
            return {**common, "task_id": data["task"].pk, "minutes_before": before}
        return {**common, "at": data["at"]}


@require_safe
@page("tasks:read")
def show(request: HttpRequest) -> HttpResponse:
    return _page(request, ReminderForm())


@require_POST
@page("tasks:write")
def add(request: HttpRequest) -> HttpResponse:
    form = ReminderForm(request.POST)
    if form.is_valid():
        try:
            reminders.add_reminder(**form.wanted())
        except OrganizerError as error:
            tell(form, error)
        else:
            return redirect("reminders")
    return _page(request, form, 422)


@require_POST
@page("tasks:write")
def decide(request: HttpRequest, reminder_id: uuid.UUID) -> HttpResponse:
    """Done, later, or removed."""
    row = get_object_or_404(reminders.own_reminders(person_of(request).pk), pk=reminder_id)
    verb = request.POST.get("verb", "")
    try:
        if verb == "done":
            reminders.finish_reminder(row.pk)
        elif verb == "remove":
            reminders.remove_reminder(row.pk)
        elif verb in dict(SNOOZES):
            reminders.snooze_reminder(row.pk, snoozed(verb))
            messages.success(request, _("You are told again later."))
    except OrganizerError as error:
        messages.error(request, str(error))
    return redirect("reminders")


def snoozed(choice: str) -> datetime:
    """When one of SNOOZES ends."""
    if choice == "tomorrow":
        return instant_of(today() + timedelta(1), reminders.MORNING, ZoneInfo(home().time_zone))
    return timezone.now() + (timedelta(7) if choice == "week" else timedelta(hours=1))


def _page(request: HttpRequest, form: ReminderForm, status: int = 200) -> HttpResponse:
    own = reminders.own_reminders(person_of(request).pk)
    waiting = list(own.filter(done_at=None).order_by("next_at", "id")[:SHOWN])
    context = {
        "form": form, "snoozes": SNOOZES,
        "reminders": waiting,
        "done": own.exclude(done_at=None).order_by("-done_at", "-id")[:20],
    }  # fmt: skip
    return render(request, "organizer/reminders.html", context, status=status)
