"""Pages of files of contacts: a preview first."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from organizer.contact_forms import ContactFileForm
from organizer.contacts import importing
from organizer.errors import OrganizerError
from organizer.file_imports import LARGEST_FILE
from organizer.models import ContactImport
from tenancy.pages import page, tell

SHOWN: Final = 200
OUTCOMES: Final = {
    importing.NEW: gettext_lazy("New"),
    importing.JOINED: gettext_lazy("Adds to a contact"),
    importing.SAME: gettext_lazy("Known already"),
    importing.REFUSED: gettext_lazy("Left out"),
}
STYLES: Final = {importing.NEW: "good", importing.JOINED: "info", importing.REFUSED: "bad"}
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
@page("contacts:write")
def upload(request: HttpRequest) -> HttpResponse:
    form = ContactFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            row = importing.upload(file.name or "", file.read(LARGEST_FILE + 1))
        except OrganizerError as error:
            tell(form, error)
        else:
            return redirect("contact_import", row.pk)
    context = {"form": form, "imports": ContactImport.objects.defer("data")[:20]}
    status = 422 if form.errors else 200
    return render(request, "organizer/contact_upload.html", context, status=status)


@get_or_post
@page("contacts:write")
def contact_import(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """What a file would do; a POST takes it over or forgets it."""
    row = get_object_or_404(ContactImport, pk=import_id)
    if request.method == "POST":
        try:
            if request.POST.get("verb") == "apply":
                result = importing.apply(row).result
                done = result.get(importing.NEW, 0) + result.get(importing.JOINED, 0)
                messages.success(request, _("Contacts taken over: %(n)s") % {"n": done})
            else:
                row.delete()
                messages.success(request, _("The file is forgotten."))
        except OrganizerError as error:
            messages.error(request, str(error))
        return redirect("contacts")
    lines = importing.preview(row)
    counts = Counter(line.outcome for line in lines) or row.result
    # What needs a look comes first.
    lines.sort(key=lambda line: line.outcome != importing.REFUSED)
    context = {
        "file": row,
        "counts": [(label, counts[name]) for name, label in OUTCOMES.items() if counts.get(name)],
        "lines": [
            (line, OUTCOMES[line.outcome], STYLES.get(line.outcome, "")) for line in lines[:SHOWN]
        ],
        "more": max(0, len(lines) - SHOWN),
        "has_new": bool(counts.get(importing.NEW) or counts.get(importing.JOINED)),
    }  # fmt: skip
    return render(request, "organizer/contact_import.html", context)
