"""One way to make a document and read it, for the tests of reading."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from extraction.document import Document
from extraction.message_document import document_from_message
from extraction.reading import Candidate, Reading
from extraction.reading_path import read_document

RECEIVED = datetime(2026, 5, 6, 8, 0, tzinfo=UTC)


def make_document(text: str | None = None, **kw: Any) -> Document:
    values: dict[str, Any] = {
        "sender": "alerts@bank.example",
        "sender_name": None,
        "subject": None,
        "received_at": RECEIVED,
        "html": None,
    }
    return document_from_message(text=text, **{**values, **kw})


def read(text: str | None = None, **kw: Any) -> Reading:
    return read_document(make_document(text, **kw))


def only_candidate(text: str | None = None, **kw: Any) -> Candidate:
    (candidate,) = read(text, **kw).candidates
    return candidate
