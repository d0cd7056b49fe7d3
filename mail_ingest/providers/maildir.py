"""Maildir folders (https://cr.yp.to/proto/maildir.html), with the subfolders of Maildir++. Pure."""

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
    in_pages,
)
from tenancy.wording import worded


class MaildirProvider:
    """See EmailProvider. Reads by name: the cursor is the last file read. Links are not followed
    and nothing is moved from new/ to cur/."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix

    def check(self) -> CheckResult:
        if not is_maildir(self.path):
            raise ProviderRefused(
                worded("“%(name)s” is not a Maildir: it has no cur and new.", name=self.path.name)
            )
        return CheckResult({"": len(self._names())})

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        names = self._names()
        after = str(cursor.get("after", ""))
        refs = [
            MessageRef(f"{self.prefix}:{name}", "", (self.path / name).stat().st_size)
            for name in names
            if name > after
        ]
        done = len(names) - len(refs)
        for page in in_pages(refs):
            done += len(page)
            yield Page(page, {"after": self._name(page[-1])}, done, len(names))

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        raise ProviderRefused(worded("A file has no dates to choose by: import all of it."))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        for ref in refs:
            is_truncated = ref.size > MAX_MESSAGE_BYTES
            try:
                with (self.path / self._name(ref)).open("rb") as file:
                    raw = file.read(HEAD_BYTES if is_truncated else MAX_MESSAGE_BYTES)
            except FileNotFoundError:
                continue
            yield FetchedMessage(ref, raw, is_truncated=is_truncated)

    def close(self) -> None:
        """Files are open only while they are read."""

    def _name(self, ref: MessageRef) -> str:
        return ref.ref.removeprefix(f"{self.prefix}:")

    def _names(self) -> list[str]:
        folders = [self.path, *(f for f in self.path.iterdir() if f.name.startswith("."))]
        return sorted(
            file.relative_to(self.path).as_posix()
            for folder in folders
            if is_maildir(folder)
            for part in ("cur", "new")
            for file in (folder / part).iterdir()
            if file.is_file() and not file.is_symlink() and not file.name.startswith(".")
        )


def is_maildir(path: Path) -> bool:
    return (path / "cur").is_dir() and (path / "new").is_dir() and not path.is_symlink()
