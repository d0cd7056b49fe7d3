"""Reading what extraction keeps."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from extraction.models import EmailExtraction


def extractions_with_emails() -> QuerySet[Any]:
    """Readings with what a list shows of their messages; the messages' bytes stay where they
    are."""
    return EmailExtraction.objects.select_related("email__account").defer("candidates")


def latest_extraction_of(email_id: str) -> EmailExtraction | None:
    """The newest reading of a message."""
    found: EmailExtraction | None = (
        EmailExtraction.objects.filter(email_id=email_id)
        .select_related("email__account", "email__raw")
        .order_by("-reader_version")
        .first()
    )
    return found
