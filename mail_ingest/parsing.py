"""Raw bytes of a message to what the rest of the application reads. Pure.

`parse_message` raises nothing but UnparsableMessage, whatever the bytes are: mail is written by
strangers. Limits are checked before the work that they bound. No step takes more than linear time
in the size of the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Final

from mail_ingest.charsets import decode, storable
from mail_ingest.headers import (
    END_OF_HEADERS,
    Headers,
    addresses_of,
    date_of,
    header_lines,
    noted,
    received_at,
    split_headers,
    text_of,
)
from mail_ingest.mime import Part, UnparsableMessage, read_parts
from tenancy.wording import worded

__all__ = ["Attachment", "ParsedEmail", "UnparsableMessage", "parse_message"]

MAX_SIZE: Final = 25 * 1024 * 1024
MAX_HEADERS: Final = 64 * 1024
MAX_TEXT: Final = 1_000_000
MAX_ATTACHMENTS_LISTED: Final = 50
# Each is parsed again: what forwards forward is followed so far.
MAX_FORWARDS: Final = 3
TRACE: Final = frozenset(
    {"received", "authentication-results", "x-ms-exchange-organization-authas"}
)
MAX_TRACE: Final = 60
# An mbox separator that an export left in front of the message.
MBOX_LINE: Final = re.compile(rb"\s*>?From [^\n]*\n(?=[!-9;-~]+:)")


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a part that is no body text says of itself. `size` is in bytes as transferred;
    `content` is there for PDF files only."""

    filename: str
    content_type: str
    size: int
    content: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class ParsedEmail:
    """A message, decoded. Text is free of NUL and lone surrogates. Addresses are lower-case.

    `from_address` is "" where there is none. `from_count` counts the mailboxes of all From
    headers: more than one is never trusted. `date` (the Date header) and `received_at` (the
    topmost Received header) are in UTC, or None. `authentication_results` are the values of the
    headers of that name, topmost first. `attached_message` is the one message that is attached, as
    forwarding does; nothing of it is proven. `defects` names what was repaired. `trace` holds name
    and value of the headers in which servers note that they took or checked the message (TRACE),
    in their order, topmost first.
    """

    message_id: str
    from_address: str
    from_name: str
    from_count: int
    sender: str
    to: tuple[str, ...]
    subject: str
    date: datetime | None
    received_at: datetime | None
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    attached_message: ParsedEmail | None
    authentication_results: tuple[str, ...]
    defects: tuple[str, ...]
    trace: tuple[tuple[str, str], ...] = ()


def parse_message(raw: bytes) -> ParsedEmail:
    """Parse an RFC 822 message. Raises UnparsableMessage with the reason, and nothing else."""
    return _parsed(raw, 0)


def _parsed(raw: bytes, depth: int) -> ParsedEmail:
    if len(raw) > MAX_SIZE:
        raise UnparsableMessage(
            worded("The message is larger than %(count)s MB.", count=MAX_SIZE // 2**20)
        )
    if not raw.strip():
        raise UnparsableMessage(worded("The message is empty."))
    raw = _normalised(raw)
    lines = list(header_lines(_header_block(raw)))
    headers = split_headers(lines)
    if not headers:
        raise UnparsableMessage(worded("This is no e-mail message: it has no header."))
    parts, defects = read_parts(raw)
    return replace(_assembled(headers, parts, defects, depth), trace=_trace(lines))


def _trace(lines: Iterable[tuple[str, bytes]]) -> tuple[tuple[str, str], ...]:
    found = ((name, noted(value)) for name, value in lines if name in TRACE)
    return tuple(islice(found, MAX_TRACE))


def _normalised(raw: bytes) -> bytes:
    if b"\n" not in raw[:MAX_HEADERS] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    match = MBOX_LINE.match(raw[:MAX_HEADERS])
    return raw[match.end() :] if match else raw


def _header_block(raw: bytes) -> bytes:
    end = END_OF_HEADERS.search(raw[: MAX_HEADERS + 4])
    if end is not None:
        return raw[: end.start()]
    if len(raw) > MAX_HEADERS:
        raise UnparsableMessage(
            worded("The header block is longer than %(count)s kB.", count=MAX_HEADERS // 1024)
        )
    return raw


def _assembled(
    headers: Headers, parts: list[Part], defects: tuple[str, ...], depth: int
) -> ParsedEmail:
    senders = addresses_of(headers, "from")
    from_name, from_address = senders[0] if senders else (text_of(headers, "from")[:255], "")
    text, text_defects = _body(parts, "text/plain")
    html, html_defects = _body(parts, "text/html")
    attachments = [part for part in parts if part.is_attachment][:MAX_ATTACHMENTS_LISTED]
    return ParsedEmail(
        message_id=text_of(headers, "message-id").strip("<> ")[:998],
        from_address=from_address,
        from_name=from_name,
        from_count=max(len(senders), len(headers.get("from", []))),
        sender=next((address for _, address in addresses_of(headers, "sender")), ""),
        to=tuple(address for _, address in addresses_of(headers, "to")[:50]),
        subject=text_of(headers, "subject"),
        date=date_of(next(iter(headers.get("date", [])), None)),
        received_at=received_at(headers),
        text=text,
        html=html,
        attachments=tuple(
            Attachment(
                storable(part.filename)[:255],
                storable(part.content_type)[:127],
                part.size,
                part.content if part.content.lstrip()[:5] == b"%PDF-" else b"",
            )
            for part in attachments
        ),
        attached_message=_attached_message(headers, attachments, depth),
        authentication_results=tuple(
            noted(value) for value in headers.get("authentication-results", [])[:20]
        ),
        defects=(*defects, *text_defects, *html_defects),
    )


def _attached_message(headers: Headers, attachments: list[Part], depth: int) -> ParsedEmail | None:
    """The attached message, if there is just one that can be read. A report that a message could
    not be delivered (RFC 3462) brings that message back, and forwards nothing."""
    messages = [part for part in attachments if part.content_type == "message/rfc822"]
    is_report = text_of(headers, "content-type").lower().startswith("multipart/report")
    if len(messages) != 1 or is_report or depth >= MAX_FORWARDS:
        return None
    try:
        return _parsed(messages[0].content, depth + 1)
    except UnparsableMessage:
        return None


def _body(parts: list[Part], content_type: str) -> tuple[str, list[str]]:
    """The text of all body parts of one type, and what was guessed or cut."""
    texts: list[str] = []
    defects: list[str] = []
    for part in parts:
        if part.content_type == content_type and not part.is_attachment:
            text, exact = decode(part.content[: 4 * MAX_TEXT], part.charset)
            texts.append(text)
            if not exact:
                defects.append(f"charset guessed ({storable(part.charset or 'none declared')})")
    body = "\n".join(texts)
    if len(body) > MAX_TEXT:
        defects.append(f"{content_type} cut at {MAX_TEXT} characters")
    return body[:MAX_TEXT], defects
