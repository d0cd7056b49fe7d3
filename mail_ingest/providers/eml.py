"""One message in a file of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    CheckResult,
    Cursor,
    FetchedMessage,
    MessageRef,
    Page,
    ProviderRefused,
)
from tenancy.wording import worded


class EmlProvider:
    """See EmailProvider. The cursor says whether the file has been read."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix

    def check(self) -> CheckResult:
        return CheckResult({"": 1})

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        if not cursor.get("read"):
            ref = MessageRef(f"{self.prefix}:0", "", self.path.stat().st_size)
            yield Page((ref,), {"read": True}, 1, 1)

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        raise ProviderRefused(worded("A file has no dates to choose by: import all of it."))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        for ref in refs:
            is_truncated = ref.size > MAX_MESSAGE_BYTES
            with self.path.open("rb") as file:
                raw = file.read(HEAD_BYTES if is_truncated else MAX_MESSAGE_BYTES)
            yield FetchedMessage(ref, raw, is_truncated=is_truncated)

    def close(self) -> None:
        """Files are open only while they are read."""
