"""Archives (zip, tar.gz) of .eml and mbox files, as Google Takeout gives them. Pure.

Nothing is unpacked: what is inside is read as a stream, so that memory and disk stay as they are.
The names inside decide nothing and are never used as paths: entries are told apart by number and by
their first bytes. Archives within archives are refused, unless there is an mbox beside them: then
it is an export of much else.
"""

from __future__ import annotations

import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from mail_ingest.providers.archive_files import (
    Files,
    TarFiles,
    TooManyFiles,
    UnpacksTooLarge,
    UnpacksTooMuch,
    ZipFiles,
)
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
from mail_ingest.providers.mbox import MboxProvider
from tenancy.wording import Wording, worded

ARCHIVE_MAGIC: Final = (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
# Of a message, not of JSON: '{"filters": …'.
HEADER: Final = re.compile(rb"\s*[A-Za-z][!-9;-~]{0,99}:[ \t]*\S")
BROKEN: Final = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError,
    OSError, ValueError,
)  # fmt: skip


class ArchiveProvider:
    """See EmailProvider. The cursor is the first entry not yet read and, within an mbox entry,
    its own cursor."""

    files_class: type[Files]
    what: str

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix
        self._files: Files | None = None
        self._mboxes: dict[int, MboxProvider] = {}
        self._plain: dict[int, int] = {}
        """Sizes of the entries that are a message each."""

    def check(self) -> CheckResult:
        with self._reading() as files:
            if not files.sizes:
                raise ProviderRefused(worded("“%(name)s” holds no files.", name=self.path.name))
            if not self._mboxes and not self._plain:
                raise ProviderRefused(
                    worded("“%(name)s” holds no mail: no mbox and no message.", name=self.path.name)
                )
            if not files.is_sound():
                raise ProviderRefused(
                    worded("“%(name)s” is damaged: a checksum is wrong.", name=self.path.name)
                )
        return CheckResult({"": len(self._mboxes) + len(self._plain)})

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        first = int(cursor.get("entry", 0))
        with self._reading() as files:
            total = len(files.sizes)
            plain: list[MessageRef] = []
            for number in range(first, total):
                if number in self._plain:
                    plain.append(MessageRef(f"{self.prefix}:{number}", "", self._plain[number]))
                if number not in self._mboxes:
                    continue
                yield from self._plain_pages(plain, total)
                plain = []
                inner = cursor.get("mbox", {}) if number == first else {}
                for page in self._mboxes[number].list_new(inner):
                    place = {"entry": number, "mbox": page.cursor}
                    yield Page(page.refs, place, *_progress(number, total, page))
            yield from self._plain_pages(plain, total)

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        raise ProviderRefused(worded("A file has no dates to choose by: import all of it."))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        with self._reading() as files:
            for ref in refs:
                number, _, place = ref.ref.removeprefix(f"{self.prefix}:").partition(":")
                if place:
                    yield from self._mboxes[int(number)].fetch([ref])
                    continue
                is_truncated = ref.size > MAX_MESSAGE_BYTES
                with files.open(int(number)) as file:
                    raw = file.read(HEAD_BYTES if is_truncated else MAX_MESSAGE_BYTES)
                yield FetchedMessage(ref, raw, is_truncated=is_truncated)

    def close(self) -> None:
        for mbox in self._mboxes.values():
            mbox.close()
        if self._files is not None:
            self._files.close()
        self._files = None

    def _plain_pages(self, refs: list[MessageRef], total: int) -> Iterator[Page]:
        for page in in_pages(refs):
            following = int(page[-1].ref.rpartition(":")[2]) + 1
            yield Page(page, {"entry": following}, 100 * following, 100 * total)

    @contextmanager
    def _reading(self) -> Iterator[Files]:
        """The files inside. Whatever goes wrong with them is told as this archive's fault."""
        try:
            if self._files is None:
                self._files = self.files_class(self.path)
                self._look_into(self._files)
            yield self._files
        except (TooManyFiles, UnpacksTooLarge, UnpacksTooMuch, *BROKEN) as error:
            raise ProviderRefused(self._fault(error)) from error

    def _fault(self, error: Exception) -> Wording:
        name = self.path.name
        if isinstance(error, TooManyFiles):
            return worded(
                "“%(name)s” holds more than %(limit)s files: split it.", name=name, limit=error
            )
        if isinstance(error, UnpacksTooLarge):
            return worded(
                "“%(name)s” would unpack to more than %(limit)s GB: split it.",
                name=name,
                limit=error,
            )
        if isinstance(error, UnpacksTooMuch):
            return worded(
                "“%(name)s” unpacks to more than %(limit)s times its size, as zip bombs do."
                " Unpack it yourself and import what is inside.",
                name=name,
                limit=error,
            )
        return worded(
            "“%(name)s” is damaged, encrypted or no %(kind)s: %(reason)s.",
            name=name,
            kind=self.what,
            reason=error,
        )

    def _look_into(self, files: Files) -> None:
        """Tell mboxes and messages from what is no mail, by their first bytes."""
        self._mboxes, self._plain = {}, {}
        has_archive = False
        for number, (size, start) in enumerate(zip(files.sizes, files.starts(), strict=True)):
            has_archive |= start.startswith(ARCHIVE_MAGIC)
            if start.startswith(b"From "):
                self._mboxes[number] = MboxProvider(
                    self.path, f"{self.prefix}:{number}", partial(files.open, number), size
                )
            elif HEADER.match(start) and not start.startswith(ARCHIVE_MAGIC):
                self._plain[number] = size
        if has_archive and not self._mboxes:
            raise ProviderRefused(
                worded("“%(name)s” holds another archive: unpack it first.", name=self.path.name)
            )


def _progress(number: int, total: int, page: Page) -> tuple[int, int]:
    """How far an mbox among other files has been read, in hundredths of a file each."""
    return 100 * number + 100 * page.done // max(page.total, 1), 100 * total


class ZipProvider(ArchiveProvider):
    files_class = ZipFiles
    what = "zip archive"


class TarProvider(ArchiveProvider):
    files_class = TarFiles
    what = "tar.gz archive"
