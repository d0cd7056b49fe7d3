"""What a source of messages must do. Every implementation passes one contract suite
(tests/mail_ingest/test_provider_contract.py). Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Protocol, runtime_checkable

# How far each folder of a source has been read; JSON, opaque to all but its provider.
Cursor = dict[str, Any]

MAX_MESSAGE_BYTES: Final = 25 * 1024 * 1024
HEAD_BYTES: Final = 256 * 1024
PAGE_MESSAGES: Final = 100
PAGE_BYTES: Final = 32 * 1024 * 1024


class ProviderError(Exception):
    """The source cannot be read; the text says why and what to do, for a person. It never holds
    a secret."""


class ProviderRefused(ProviderError):
    """Trying again cannot help until a person changes something: password, host, folder, file."""


class ProviderUnavailable(ProviderError):
    """The network or the server failed; it may work later."""

    def __init__(self, message: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class MessageRef:
    """A message as the source names it, unique within the source for as long as it is there.
    `size` is in bytes."""

    ref: str
    folder: str
    size: int


@dataclass(frozen=True, slots=True)
class Page:
    """Refs that are stored together, and the cursor to save with them. `done` and `total` are for
    a progress bar, in the source's own unit (messages of a mailbox, kB of a file)."""

    refs: tuple[MessageRef, ...]
    cursor: Cursor
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class FetchedMessage:
    """The bytes of a message. Above MAX_MESSAGE_BYTES only its first HEAD_BYTES are fetched and
    `is_truncated` is true. `received_at` is the server's date in UTC, if it has one."""

    ref: MessageRef
    raw: bytes
    is_truncated: bool = False
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of a mailbox. `name` is what it is chosen by and `label` what a person reads;
    `role` is what the server says that it is for (inbox, all, archive, sent, drafts, junk, trash,
    flagged; "" for others). The usual ones are read where nobody has chosen."""

    name: str
    label: str
    role: str = ""
    is_usual: bool = False


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a successful check found: folders that will be read, with their message counts where
    those are known without reading everything, and all that there are to choose from."""

    folders: dict[str, int] = field(default_factory=dict)
    available: tuple[Folder, ...] = ()


class EmailProvider(Protocol):
    """A source of raw RFC 822 messages that is only ever read."""

    def check(self) -> CheckResult:
        """Reach the source and look at everything that reading it needs. Raises ProviderError."""

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        """Pages of what has come since `cursor` ({} means everything): of a mailbox what is new
        first, then what was there before from newest to oldest; of a file as it stands there. The
        cursor of a page is what to continue from once its messages are stored. Raises
        ProviderError."""

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        """Pages of what the source received from `since` up to and including `until`, whatever
        has been read before; their cursors are empty. Raises ProviderError."""

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        """The messages of a page. One that has vanished meanwhile is left out. Raises
        ProviderError."""

    def close(self) -> None:
        """Let go of connections and files. May be called twice."""


@runtime_checkable
class FolderedProvider(EmailProvider, Protocol):
    """A mailbox with folders to choose from."""

    notice: str
    """What a person should put right though reading goes on, such as a folder that has gone; ""
    when there is nothing. Known once listing is over."""

    def folders(self) -> tuple[Folder, ...]:
        """All that could be read. Raises ProviderError."""


def in_pages(refs: Sequence[MessageRef]) -> Iterator[tuple[MessageRef, ...]]:
    """Cut refs into pages bounded by number and by bytes to hold in memory."""
    page: list[MessageRef] = []
    size = 0
    for ref in refs:
        cost = min(ref.size, MAX_MESSAGE_BYTES)
        if page and (len(page) >= PAGE_MESSAGES or size + cost > PAGE_BYTES):
            yield tuple(page)
            page, size = [], 0
        page.append(ref)
        size += cost
    if page:
        yield tuple(page)
