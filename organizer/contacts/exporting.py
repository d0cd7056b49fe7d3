"""Contacts as files."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext

from organizer.address_book.table import write_table
from organizer.address_book.writing import write_vcards
from organizer.contacts.relating import with_relations
from organizer.contacts.sealing import card_of
from organizer.errors import OrganizerError
from organizer.models import Contact

AT_ONCE: Final = 200
FORMATS: Final = {"vcf": "text/vcard; charset=utf-8", "csv": "text/csv; charset=utf-8"}


def export(rows: QuerySet[Contact], form: str) -> Iterator[str]:
    """vCard 4.0 with everything that is known, or a table for spreadsheets. Raises OrganizerError
    at once."""
    if form not in FORMATS:
        raise OrganizerError(
            gettext("A file of contacts is vcf or csv."), code="choice", field="type"
        )
    found = rows.iterator(chunk_size=AT_ONCE)
    if form == "csv":
        return write_table(card_of(row) for row in found)
    chunks = iter(lambda: list(islice(found, AT_ONCE)), [])
    return write_vcards(card for chunk in chunks for card in with_relations(chunk))


def as_file(rows: QuerySet[Contact], form: str) -> StreamingHttpResponse:
    """The same as a download. Raises OrganizerError."""
    pieces: Any = export(rows, form)
    headers = {"Content-Disposition": f'attachment; filename="contacts.{form}"'}
    return StreamingHttpResponse(pieces, content_type=FORMATS[form], headers=headers)
