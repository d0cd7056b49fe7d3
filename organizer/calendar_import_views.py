"""Pages of calendar files: a preview first."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from organizer.calendars import importing
from organizer.errors import OrganizerError
from organizer.file_imports import LARGEST_FILE
from organizer.models import CalendarImport
from tenancy.pages import page, tell

SHOWN: Final = 200
OUTCOMES: Final = {
    importing.TASK: gettext_lazy("New task"),
    importing.REMINDER: gettext_lazy("New reminder"),
    importing.KNOWN: gettext_lazy("Known already"),
    importing.PAST: gettext_lazy("Over already"),
    importing.REFUSED: gettext_lazy("Left out"),
}
STYLES: Final = {importing.TASK: "good", importing.REMINDER: "good", importing.REFUSED: "bad"}
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class CalendarFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("A calendar file (.ics) of another program, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".ics,.ical,.vcs,text/calendar"}),
    )


@get_or_post
@page("tasks:write")
def upload(request: HttpRequest) -> HttpResponse:
    form = CalendarFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = importing.upload(file.name or "", file.read(LARGEST_FILE + 1))
        except OrganizerError as error:
            tell(form, error)
        else:
            return redirect("calendar_import", row.pk)
    status = 422 if form.errors else 200
    return render(request, "organizer/calendar_upload.html", {"form": form}, status=status)


@get_or_post
@page("tasks:write")
def calendar_import(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """What a file would do; a POST takes it over or forgets it."""
    row = get_object_or_404(CalendarImport, pk=import_id)
    if request.method == "POST":
        try:
            if request.POST.get("verb") == "apply":
                counts = importing.apply(row).result
                done = counts.get(importing.TASK, 0) + counts.get(importing.REMINDER, 0)
                messages.success(request, _("Entries taken over: %(n)s") % {"n": done})
            else:
                row.delete()
                messages.success(request, _("The file is forgotten."))
        except OrganizerError as error:
            messages.error(request, str(error))
        return redirect("tasks")
    lines = importing.preview(row)
    counts = Counter(line.outcome for line in lines) or row.result
    lines.sort(key=lambda line: line.outcome != importing.REFUSED)
    context = {
        "file": row,
        "counts": [(label, counts[name]) for name, label in OUTCOMES.items() if counts.get(name)],
        "lines": [
            (line, OUTCOMES[line.outcome], STYLES.get(line.outcome, "")) for line in lines[:SHOWN]
        ],
        "more": max(0, len(lines) - SHOWN),
        "has_new": bool(counts.get(importing.TASK) or counts.get(importing.REMINDER)),
    }
    return render(request, "organizer/calendar_import.html", context)
