"""Pages of calendar files: a preview first."""

from __future__ import annotations

import uuid
from typing import Final

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from organizer.calendars import importing
from organizer.file_import_pages import ImportPages
from organizer.models import CalendarImport
from tenancy.pages import page

PAGES: Final = ImportPages(
    importing.upload,
    importing.preview,
    importing.apply,
    outcomes={
        importing.TASK: gettext_lazy("New task"),
        importing.REMINDER: gettext_lazy("New reminder"),
        importing.KNOWN: gettext_lazy("Known already"),
        importing.PAST: gettext_lazy("Over already"),
        importing.REFUSED: gettext_lazy("Left out"),
    },
    styles={importing.TASK: "good", importing.REMINDER: "good", importing.REFUSED: "bad"},
    taken=(importing.TASK, importing.REMINDER),
    done=gettext_lazy("Entries taken over: %(n)s"),
    address="calendar_import",
    home="tasks",
    template="organizer/calendar_import.html",
    cells="organizer/_calendar_line.html",
)
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
    if request.method == "POST" and form.is_valid() and (done := PAGES.uploaded(form)):
        return done
    status = 422 if form.errors else 200
    return render(request, "organizer/calendar_upload.html", {"form": form}, status=status)


@get_or_post
@page("tasks:write")
def calendar_import(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """What a file would do; a POST takes it over or forgets it."""
    row = get_object_or_404(CalendarImport, pk=import_id)
    return PAGES.decided(request, row) if request.method == "POST" else PAGES.shown(request, row)
