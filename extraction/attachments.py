"""Invoices and receipts that come as files: their text, as a part of the message's document."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from extraction.models import AttachmentText
from extraction.pdf_text import text_of_pdf
from mail_ingest.models import Email
from mail_ingest.parsing import ParsedEmail

MOST_FILES: Final = 3


def read_attachments(parsed: ParsedEmail, email: Email) -> list[AttachmentText]:
    """The text of the message's first PDF files, as rows that are not stored yet."""
    files = [
        (position, attachment)
        for position, attachment in enumerate(parsed.attachments)
        if attachment.content
    ]
    return [
        AttachmentText(
            email=email,
            position=position,
            filename=attachment.filename,
            text=text_of_pdf(attachment.content),
        )
        for position, attachment in files[:MOST_FILES]
    ]


def keep_attachments(rows: Sequence[AttachmentText]) -> None:
    AttachmentText.objects.bulk_create(rows, ignore_conflicts=True)


def attachments_of(emails: Iterable[Email]) -> dict[uuid.UUID, list[AttachmentText]]:
    """What was read of the messages' files before: one query."""
    kept: dict[uuid.UUID, list[AttachmentText]] = defaultdict(list)
    for row in AttachmentText.objects.filter(email__in=list(emails)):
        kept[row.email_id].append(row)
    return kept


def forget_attachments(email_ids: Sequence[uuid.UUID]) -> None:
    """With a message's body goes what its files said."""
    AttachmentText.objects.filter(email_id__in=email_ids).delete()
