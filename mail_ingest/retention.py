"""What of a message is kept, and for how long. Headers always stay: by them a person sees what
came, and a second copy is recognised."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Iterable, Sequence

from mail_ingest.headers import END_OF_HEADERS
from mail_ingest.models import Email, EmailState, MailPolicy, RawMessage
from mail_ingest.screening import Screening


def mail_policy() -> MailPolicy:
    """The tenant's, or an unsaved one with the defaults."""
    row: MailPolicy | None = MailPolicy.objects.first()
    return row or MailPolicy()


def is_unfinancial(email: Email) -> bool:
    """Whether only the headers need to be kept. What could not be read is kept whole."""
    return email.state == EmailState.STORED and email.screening == Screening.UNLIKELY


def cut_to_headers(raw: RawMessage) -> bool:
    """Drop what follows the headers; whether there was something to drop. Its identity stays that
    of the whole message. Not saved."""
    if raw.is_headers_only:
        return False
    whole = zlib.decompress(raw.data)
    end = END_OF_HEADERS.search(whole)
    raw.data = zlib.compress(whole[: end.end()] if end else whole)
    raw.is_headers_only = True
    return True


def forget_bodies(ids: Sequence[uuid.UUID]) -> int:
    """Cut messages of the scope to their headers, and forget the beginning that lists show; in the
    caller's transaction. Bytes that another message shares, other than as a copy, stay while it
    needs them. Returns how many messages."""
    emails = Email.objects.filter(id__in=ids)
    raw_ids = set(emails.values_list("raw_id", flat=True))
    shared = Email.objects.filter(raw_id__in=raw_ids).exclude(id__in=ids)
    kept = set(shared.exclude(state=EmailState.COPY).values_list("raw_id", flat=True))
    _cut(RawMessage.objects.filter(id__in=raw_ids - kept))
    copies = shared.filter(state=EmailState.COPY).exclude(raw_id__in=kept)
    copies.update(snippet="")
    return emails.exclude(raw_id__in=kept).update(snippet="")


def _cut(raws: Iterable[RawMessage]) -> None:
    changed = [raw for raw in raws if cut_to_headers(raw)]
    RawMessage.objects.bulk_update(changed, ["data", "is_headers_only"], batch_size=100)
