"""From a parsed message to the document that is read. Pure.

Of a forward the message inside is read: by its own sender, subject and time, marked as forwarded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from extraction.document import REORDERING, Document, fold, normalize, unwrapped
from extraction.extractors.dates import find_dates, find_times, settle
from extraction.forwards import NOTE_CHARACTERS, Forward, forward_in, is_forward
from mail_ingest.html_text import html_to_text
from mail_ingest.parsing import ParsedEmail

MAX_TEXT: Final = 20_000
MOST_ATTACHED: Final = 3
# Clocks differ, and a forward names the time of a zone that it does not name.
CLOCK_SKEW: Final = timedelta(days=1)


def document_of_parsed(
    parsed: ParsedEmail,
    received_at: datetime | None,
    *,
    attached: Sequence[str] = (),
    home_currency: str | None = None,
) -> Document:
    """The document of a message, or of the one that it forwards as an attachment. `attached` is
    the text of its files."""
    original, is_forwarded = parsed, False
    for _ in range(MOST_ATTACHED):
        inner = original.attached_message
        if inner is None or not _passes_on(original):
            break
        original, is_forwarded = inner, True
    if is_forwarded:
        received_at = _earlier(original.date, received_at)
    return document_from_message(
        sender=original.from_address or None,
        sender_name=original.from_name or None,
        subject=original.subject,
        received_at=received_at,
        text=original.text,
        html=original.html,
        attached=attached,
        home_currency=home_currency,
        is_forwarded=is_forwarded,
    )


def document_from_message(
    *,
    sender: str | None,
    sender_name: str | None,
    subject: str | None,
    received_at: datetime | None,
    text: str | None,
    html: str | None,
    attached: Sequence[str] = (),
    language_hint: str | None = None,
    home_currency: str | None = None,
    country: str | None = None,
    is_forwarded: bool = False,
) -> Document:
    """The document of a message: subject, a blank line, body; then the text of attached files.

    The body is the plain part, or the text of the HTML where the plain part is missing or tells
    much less. `home_currency` and `country` are the account's own, where they are known.
    """
    body, shown = _body(text, html)
    forward = forward_in(subject or "", body)
    if forward is not None:
        sender, sender_name = forward.sender, forward.sender_name
        subject, body = forward.subject, forward.body
        received_at = _earlier(_moment(forward, received_at), received_at)
    heading = " ".join((subject or "").split())
    whole = "\n\n".join(filter(None, [heading, body, *map(_tidy_plain, attached)]))
    whole = unicodedata.normalize("NFC", whole)[:MAX_TEXT]
    normalized, offsets = normalize(whole)
    normalized = unwrapped(normalized)
    return Document(
        text=whole, normalized=normalized, folded=fold(normalized), offsets=offsets,
        subject_end=len(heading), sender=sender, sender_name=sender_name,
        received_at=received_at, html=html, language_hint=language_hint,
        home_currency=home_currency, country=country, shown=shown,
        is_reordered=bool(REORDERING.search(whole)),
        is_forwarded=is_forwarded or forward is not None,
    )  # fmt: skip


def _passes_on(parsed: ParsedEmail) -> bool:
    """Whether a message with another attached to it is no more than its envelope."""
    return is_forward(parsed.subject) or len(_body(parsed.text, parsed.html)[0]) <= NOTE_CHARACTERS


def _earlier(sent: datetime | None, received: datetime | None) -> datetime | None:
    """When the original was sent; when the forward came, where that is not told or cannot be."""
    if sent is None or (received is not None and sent > received + CLOCK_SKEW):
        return received
    return sent


def _moment(forward: Forward, received: datetime | None) -> datetime | None:
    """The time that a forward's date line tells, in UTC where it names no zone."""
    normalized, _ = normalize(forward.sent)
    line = Document(forward.sent, normalized, fold(normalized), None, 0)
    times = find_times(line)
    dates = find_dates(line, times)
    if not dates:
        return None
    day, _ = settle(dates[0], received.date() if received else None, month_first=False)
    if day is None:
        return None
    if not times:
        return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    clock = times[0]
    zone = timezone(timedelta(minutes=clock.offset)) if clock.offset else UTC
    return datetime(
        day.year, day.month, day.day, clock.hour, clock.minute, clock.second, tzinfo=zone
    )


def _body(text: str | None, html: str | None) -> tuple[str, str | None]:
    """What is read, and what a mail program shows where that is something else."""
    plain = _tidy_plain(text or "")
    if not html:
        return html_to_text(plain) if _looks_like_html(plain) else plain, None
    rendered = html_to_text(html)
    if not plain or _looks_like_html(plain):
        return rendered, None
    poorer = sum(map(str.isdigit, plain)) * 2 < sum(map(str.isdigit, rendered))
    return (rendered, None) if poorer else (plain, rendered or None)


def _tidy_plain(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _looks_like_html(text: str) -> bool:
    return text[:200].lstrip().lower().startswith(("<html", "<!doctype", "<div", "<table", "<body"))
