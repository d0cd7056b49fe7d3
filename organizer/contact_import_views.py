"""Pages of files of contacts: a preview first."""

from __future__ import annotations

import uuid
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from organizer.contact_forms import ContactFileForm
from organizer.contacts import importing
from organizer.file_import_pages import ImportPages
from organizer.models import ContactImport
from tenancy.pages import page

PAGES: Final = ImportPages(
    importing.upload,
    importing.preview,
    importing.apply,
    outcomes={
        importing.NEW: gettext_lazy("New"),
        importing.JOINED: gettext_lazy("Adds to a contact"),
        importing.SAME: gettext_lazy("Known already"),
        importing.REFUSED: gettext_lazy("Left out"),
    },
    styles={importing.NEW: "good", importing.JOINED: "info", importing.REFUSED: "bad"},
    taken=(importing.NEW, importing.JOINED),
    done=gettext_lazy("Contacts taken over: %(n)s"),
    address="contact_import",
    home="contacts",
    template="organizer/contact_import.html",
    cells="organizer/_contact_line.html",
)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
@page("contacts:write")
def upload(request: HttpRequest) -> HttpResponse:
    form = ContactFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and (done := PAGES.uploaded(form)):
        return done
    context = {"form": form, "imports": ContactImport.objects.defer("data")[:20]}
    status = 422 if form.errors else 200
    return render(request, "organizer/contact_upload.html", context, status=status)


@get_or_post
@page("contacts:write")
def contact_import(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """What a file would do; a POST takes it over or forgets it."""
    row = get_object_or_404(ContactImport, pk=import_id)
    return PAGES.decided(request, row) if request.method == "POST" else PAGES.shown(request, row)
