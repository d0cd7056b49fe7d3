"""The parts of a message, within limits that no honest sender reaches. Pure.

fast-mail-parser reads nearly everything in time linear to its size. What it refuses (a part whose
base64 is broken, say) goes to the standard library, which repairs more but takes time in the
square of some inputs, and so gets stricter limits first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Any, Final

import fast_mail_parser

from tenancy.wording import Wording, worded

MAX_PARTS: Final = 200
MAX_DEPTH: Final = 20
MAX_PART_HEADER: Final = 16_384

BOUNDARY: Final = re.compile(
    rb'boundary(\*\d*\*?)?[ \t]*=[ \t]*"?([^";\r\n]{1,200})', re.IGNORECASE
)
LONG_HEADER: Final = re.compile(rb"^[!-9;-~]{1,100}:[^\n]*(?:\n[ \t][^\n]*)*", re.MULTILINE)
CHARSET: Final = re.compile(r"""charset\s*=\s*["']?([^\s"';]{1,60})""", re.IGNORECASE)


# Of files, those up to this size are read (bytes as transferred).
MAX_FILE: Final = 7 * 1024 * 1024


class UnparsableMessage(Exception):
    """The message is quarantined; the reason says why, in words for a person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree. `content` is decoded from its transfer encoding, not its charset;
    an attached message (message/rfc822) is a leaf: its content is that message, raw."""

    content_type: str
    charset: str | None
    is_attachment: bool
    filename: str
    content: bytes
    size: int


def read_parts(raw: bytes) -> tuple[list[Part], tuple[str, ...]]:
    """The leaves in order, and what had to be repaired. Raises UnparsableMessage."""
    refuse_too_many_parts(raw)
    try:
        return list(_fast_parts(raw)), ()
    except UnparsableMessage:
        raise
    except fast_mail_parser.ParseError as error:
        defect = str(error)[:200]
    except BaseException as error:
        # A Rust panic derives from BaseException, and has no class that could be named here.
        if type(error).__name__ != "PanicException":
            raise
        defect = "the fast parser gave up"
    try:
        return list(_stdlib_parts(raw)), (defect,)
    except (RecursionError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise UnparsableMessage(
            worded(
                "The message's structure cannot be read (%(kind)s); %(defect)s.",
                kind=type(error).__name__,
                defect=defect,
            )
        ) from error


def refuse_too_many_parts(raw: bytes) -> None:
    """Raises UnparsableMessage. Lines that begin like a boundary are counted first, which takes
    no time; only where there are many of them the declared boundaries are looked at."""
    if raw.count(b"\n--") <= 2 * MAX_PARTS:
        return
    declared = BOUNDARY.findall(raw)
    boundaries = {name for continued, name in declared if not continued}
    continued = any(continued for continued, _ in declared)
    if continued or len(boundaries) > MAX_PARTS:
        raise UnparsableMessage(too_many_parts())
    if sum(raw.count(b"\n--" + name.rstrip()) for name in boundaries) > 2 * MAX_PARTS:
        raise UnparsableMessage(too_many_parts())


def too_many_parts() -> Wording:
    return worded("The message has more than %(count)s parts.", count=MAX_PARTS)


def _fast_parts(raw: bytes) -> Iterator[Part]:
    root = fast_mail_parser.parse_email_tree(raw, mode="lazy")
    pending: list[tuple[Any, int, bool]] = [(root, 1, False)]
    seen = 0
    while pending:
        node, depth, attached = pending.pop()
        seen += 1
        _refuse(seen, depth)
        inside = attached or node.is_message
        pending.extend((child, depth + 1, inside) for child in reversed(node.children))
        if attached or node.content_type.startswith("multipart/"):
            continue
        yield _fast_part(node)


def _refuse(seen: int, depth: int) -> None:
    if seen > MAX_PARTS:
        raise UnparsableMessage(too_many_parts())
    if depth > MAX_DEPTH:
        raise UnparsableMessage(
            worded("The message's parts are nested more than %(count)s deep.", count=MAX_DEPTH)
        )


def _fast_part(node: Any) -> Part:
    declared = next((v[0] for k, v in node.headers.items() if k.lower() == "content-type"), "")
    is_text = node.content_type in {"text/plain", "text/html"}
    is_attachment = node.is_message or (node.disposition or "").lower() == "attachment"
    wanted = is_text and not is_attachment
    return Part(
        content_type=node.content_type,
        charset=_charset(declared),
        is_attachment=not wanted,
        filename=node.filename,
        content=_kept(node, wanted=wanted),
        size=node.encoded_size or 0,
    )


def _kept(node: Any, *, wanted: bool) -> bytes:
    """The content of a text part, or of a file whose text may matter; nothing else is decoded."""
    is_kind = node.is_message or is_pdf(node.content_type, node.filename)
    is_file = (node.encoded_size or 0) <= MAX_FILE and is_kind
    content: bytes = node.content or b"" if wanted or is_file else b""
    return content


def is_pdf(content_type: str, filename: str) -> bool:
    """By its type, or by its name where the type says nothing."""
    if content_type == "application/pdf":
        return True
    return content_type == "application/octet-stream" and filename.lower().endswith(".pdf")


def _stdlib_parts(raw: bytes) -> Iterator[Part]:
    if any(found.end() - found.start() > MAX_PART_HEADER for found in LONG_HEADER.finditer(raw)):
        raise UnparsableMessage(
            worded("A header is longer than %(count)s bytes.", count=MAX_PART_HEADER)
        )
    pending: list[tuple[Message, int, bool]] = [
        (message_from_bytes(raw, policy=policy.compat32), 1, False)
    ]
    seen = 0
    while pending:
        node, depth, attached = pending.pop()
        seen += 1
        _refuse(seen, depth)
        inside = attached or node.get_content_maintype() == "message"
        payload = node.get_payload()
        if isinstance(payload, list):
            children = [child for child in payload if isinstance(child, Message)]
            pending.extend((child, depth + 1, inside) for child in reversed(children))
        if not attached and (inside or not isinstance(payload, list)):
            yield _stdlib_part(node)


def _stdlib_part(node: Message) -> Part:
    content_type = node.get_content_type()
    is_attachment = node.get_content_disposition() == "attachment"
    wanted = content_type in {"text/plain", "text/html"} and not is_attachment
    is_file = is_pdf(content_type, str(node.get_filename("")))
    content = node.get_payload(decode=True) if wanted or is_file else b""
    if is_file and len(content) > MAX_FILE:
        content = b""
    return Part(
        content_type=content_type,
        charset=_charset(str(node.get("content-type", ""))),
        is_attachment=not wanted,
        filename=str(node.get_filename("")),
        content=content if isinstance(content, bytes) else b"",
        size=len(content) if isinstance(content, bytes) else 0,
    )


def _charset(content_type: str) -> str | None:
    match = CHARSET.search(content_type[:MAX_PART_HEADER])
    return match[1] if match else None
