"""What pages of uploaded files share: upload, look at what a file would do, take it over or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from organizer.errors import OrganizerError
from organizer.file_imports import LARGEST_FILE
from organizer.models.imports import FileImport
from tenancy.pages import tell

SHOWN: Final = 200
REFUSED: Final = "refused"


@dataclass(frozen=True, slots=True)
class ImportPages:
    """One kind of file: its verbs, how the outcomes of its lines are called and coloured, which of
    them take something over, and where one goes from there (names of URLs)."""

    upload: Callable[[str, bytes], FileImport]
    preview: Callable[[Any], list[Any]]
    apply: Callable[[Any], FileImport]
    outcomes: Mapping[str, str | Promise]
    styles: Mapping[str, str]
    taken: tuple[str, ...]
    done: str | Promise
    """With `%(n)s`, how many were taken over."""
    address: str
    home: str
    template: str
    cells: str
    """The template of a line's first cells."""

    def uploaded(self, form: forms.Form) -> HttpResponse | None:
        """On to the preview; None, with an error on the form, for a file that cannot be read."""
        file = form.cleaned_data["file"]
        try:
            row = self.upload(file.name or "", file.read(LARGEST_FILE + 1))
        except OrganizerError as error:
            tell(form, error)
            return None
        return redirect(self.address, row.pk)

    def decided(self, request: HttpRequest, row: FileImport) -> HttpResponse:
        """Take the file over, or forget it."""
        try:
            if request.POST.get("verb") == "apply":
                result = self.apply(row).result
                done = sum(result.get(name, 0) for name in self.taken)
                messages.success(request, str(self.done) % {"n": done})
            else:
                row.delete()
                messages.success(request, _("The file is forgotten."))
        except OrganizerError as error:
            messages.error(request, str(error))
        return redirect(self.home)

    def shown(self, request: HttpRequest, row: FileImport) -> HttpResponse:
        """What the file would do; what needs a look comes first."""
        lines = self.preview(row)
        counts: Mapping[str, int] = Counter(line.outcome for line in lines) or row.result
        lines.sort(key=lambda line: (line.outcome != REFUSED, not getattr(line, "remarks", ())))
        context = {
            "file": row,
            "counts": [(label, counts[k]) for k, label in self.outcomes.items() if counts.get(k)],
            "lines": [
                (line, self.outcomes[line.outcome], self.styles.get(line.outcome, ""))
                for line in lines[:SHOWN]
            ],
            "more": max(0, len(lines) - SHOWN),
            "cells": self.cells,
            "has_new": any(counts.get(name) for name in self.taken),
        }
        return render(request, self.template, context)
