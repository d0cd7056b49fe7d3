"""mbox files, streamed: memory stays flat whatever the file's and a message's size. Pure.

Messages are apart by a blank line and a line that begins with "From " (RFC 4155). Exports differ
in whether they quote such lines within a body: a line counts as a separator when it carries a
time and a year, or when a header follows. Quoted ones (">From ") are restored (mboxrd).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import BinaryIO, Final

from mail_ingest.providers import gmail_labels
from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    CheckResult,
    Cursor,
    FetchedMessage,
    MessageRef,
    Page,
    ProviderRefused,
    in_pages,
)
from tenancy.wording import worded

CHUNK: Final = 1024 * 1024
LOOK_AHEAD: Final = 1024
REFS_AT_ONCE: Final = 1_000
SEPARATOR: Final = re.compile(rb"\n\r?\n(?=From )")
DATED: Final = re.compile(rb"From [^\n]*\d\d:\d\d[^\n]*\b\d{4}\b[^\n]*(?:\n|$)")
WITH_HEADER: Final = re.compile(rb"From [^\n]*\n[!-9;-~]+:")
FROM_LINE: Final = re.compile(rb"\s*From [^\n]*\n")
BLANK_LINE_AT_END: Final = re.compile(rb"(?<=\n)\r?\n\Z")
QUOTED: Final = re.compile(rb"^>(>*From )", re.MULTILINE)


class MboxProvider:
    """See EmailProvider. The cursor is the offset of the first message not yet read; `prefix`
    makes refs unique among the files of one account. Within an archive `opener` opens the file,
    and `size` is its length in bytes.

    Of Gmail's own export what it holds for spam or trash is left out, and labels are folders.
    """

    def __init__(
        self,
        path: Path,
        prefix: str,
        opener: Callable[[], BinaryIO] | None = None,
        size: int | None = None,
    ) -> None:
        self.path = path
        self.prefix = prefix
        self._opened = opener or self._file
        self._size = size
        self._fetching: BinaryIO | None = None

    def check(self) -> CheckResult:
        with self._opened() as file:
            start = file.read(CHUNK)
        require_mbox(start, self.path.name)
        return CheckResult()

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        total = self._length()
        pending: list[tuple[int, int]] = []
        for place in self._messages(int(cursor.get("offset", 0))):
            pending.append(place)
            if len(pending) == REFS_AT_ONCE:
                yield from self._pages(pending, total)
                pending = []
        yield from self._pages(pending, total)

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        raise ProviderRefused(worded("A file has no dates to choose by: import all of it."))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        # Kept open from page to page: in an archive each opening unpacks from the start.
        self._fetching = file = self._fetching or self._opened()
        for ref in refs:
            start, end = _place(ref)
            is_truncated = end - start > MAX_MESSAGE_BYTES
            file.seek(start)
            raw = file.read(HEAD_BYTES if is_truncated else end - start)
            match = FROM_LINE.match(raw)
            raw = QUOTED.sub(rb"\1", raw[match.end() if match else 0 :])
            # The blank line before the next separator belongs to the mbox, not the message.
            raw = BLANK_LINE_AT_END.sub(b"", raw)
            labels = gmail_labels.labels_of(raw)
            if labels and gmail_labels.is_left_out(labels):
                continue
            folder = gmail_labels.folder_of(labels)
            yield FetchedMessage(replace(ref, folder=folder), raw, is_truncated=is_truncated)

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.close()
        self._fetching = None

    def _file(self) -> BinaryIO:
        return self.path.open("rb")

    def _length(self) -> int:
        return self.path.stat().st_size if self._size is None else self._size

    def _pages(self, places: list[tuple[int, int]], total: int) -> Iterator[Page]:
        refs = [
            MessageRef(f"{self.prefix}:{start}-{end}", "", end - start) for start, end in places
        ]
        for page in in_pages(refs):
            end = _place(page[-1])[1]
            # In kB, which a progress column of 32 bits can hold.
            yield Page(page, {"offset": end}, end // 1024, total // 1024)

    def _messages(self, offset: int) -> Iterator[tuple[int, int]]:
        """Start and end of every message from `offset`, which is a message's start."""
        with self._opened() as file:
            file.seek(offset)
            start = offset
            for boundary in _separators(file, offset):
                if boundary > start:
                    yield start, boundary
                start = boundary
            # What is left begins with "From ": a file of blank lines was refused before.
            if (end := self._length()) > start:
                yield start, end


def require_mbox(start: bytes, name: str) -> None:
    """Raises ProviderRefused unless a file that starts so is an mbox."""
    match = FROM_LINE.match(start)
    if match is None:
        raise ProviderRefused(
            worded("“%(name)s” is not an mbox file: it does not begin with “From ”.", name=name)
        )
    if not re.match(rb"(?:>From [^\n]*\n)?[!-9;-~]+:", start[match.end() :]):
        raise ProviderRefused(
            worded(
                "“%(name)s” is not a readable mbox file: no header follows its first “From ” line.",
                name=name,
            )
        )


def _separators(file: BinaryIO, offset: int) -> Iterator[int]:
    """Offsets of the lines that begin a message, except one at `offset` itself."""
    buffer = file.read(CHUNK)
    base = offset
    while buffer:
        following = file.read(CHUNK)
        window = buffer + following[:LOOK_AHEAD]
        for match in SEPARATOR.finditer(window):
            if match.start() >= len(buffer):
                break
            line = window[match.end() : match.end() + LOOK_AHEAD]
            if DATED.match(line[:200]) or WITH_HEADER.match(line):
                yield base + match.end()
        base += len(buffer)
        buffer = following


def _place(ref: MessageRef) -> tuple[int, int]:
    start, _, end = ref.ref.rpartition(":")[2].partition("-")
    return int(start), int(end)
