"""Zip archives of .eml and mbox files, within limits that a zip bomb breaks. Pure.

The names inside decide nothing and are never used as paths: entries are told apart by number and
by their first bytes. Archives within archives are refused. All limits are checked from the
directory before anything is read; zipfile reads no more than an entry declares.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Final

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

MAX_ENTRIES: Final = 100_000
MAX_RATIO: Final = 100
MAX_TOTAL_BYTES: Final = 2 * 1024**3
# Below this size a high ratio is no danger: a short repetitive text compresses well too.
RATIO_FROM_BYTES: Final = 1024 * 1024
ARCHIVE_MAGIC: Final = (b"PK\x03\x04", b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")
BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError,
    ValueError,
)  # fmt: skip


class ZipProvider:
    """See EmailProvider. The cursor is the first entry not yet read and, within an mbox entry,
    its own cursor."""

    def __init__(self, path: Path, prefix: str) -> None:
        self.path = path
        self.prefix = prefix
        self._unpacked: dict[int, Path] = {}

    def check(self) -> CheckResult:
        with self._archive() as archive:
            entries = self._entries(archive)
            for _, info in entries:
                with archive.open(info) as file:
                    self._refuse_archive(file.read(8))
            if archive.testzip() is not None:
                raise ProviderRefused(f"“{self.path.name}” is damaged: a checksum is wrong.")
        if not entries:
            raise ProviderRefused(f"“{self.path.name}” holds no files.")
        return CheckResult({"": len(entries)})

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        first = int(cursor.get("entry", 0))
        with self._archive() as archive:
            entries = self._entries(archive)
            mboxes = {number for number, info in entries if self._is_mbox(archive, info)}
        plain: list[MessageRef] = []
        for number, info in entries:
            if number < first:
                continue
            if number not in mboxes:
                plain.append(MessageRef(f"{self.prefix}:{number}", "", info.file_size))
                continue
            yield from self._plain_pages(plain, len(entries))
            plain = []
            inner = cursor.get("mbox", {}) if number == first else {}
            for page in self._mbox(number).list_new(inner):
                place = {"entry": number, "mbox": page.cursor}
                yield Page(page.refs, place, number, len(entries))
        yield from self._plain_pages(plain, len(entries))

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        raise ProviderRefused("A file has no dates to choose by: import all of it.")

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        with self._archive() as archive:
            infos = dict(self._entries(archive))
            for ref in refs:
                number, _, place = ref.ref.removeprefix(f"{self.prefix}:").partition(":")
                if place:
                    yield from self._mbox(int(number)).fetch([ref])
                    continue
                is_truncated = ref.size > MAX_MESSAGE_BYTES
                with archive.open(infos[int(number)]) as file:
                    raw = file.read(HEAD_BYTES if is_truncated else MAX_MESSAGE_BYTES)
                yield FetchedMessage(ref, raw, is_truncated=is_truncated)

    def close(self) -> None:
        while self._unpacked:
            self._unpacked.popitem()[1].unlink(missing_ok=True)

    def _plain_pages(self, refs: list[MessageRef], total: int) -> Iterator[Page]:
        for page in in_pages(refs):
            following = int(page[-1].ref.rpartition(":")[2]) + 1
            yield Page(page, {"entry": following}, following, total)

    @contextmanager
    def _archive(self) -> Iterator[zipfile.ZipFile]:
        try:
            with zipfile.ZipFile(self.path) as archive:
                yield archive
        except BROKEN as error:
            raise ProviderRefused(
                f"“{self.path.name}” is damaged, encrypted or not a zip archive: {error}."
            ) from error

    def _entries(self, archive: zipfile.ZipFile) -> list[tuple[int, zipfile.ZipInfo]]:
        infos = [info for info in archive.infolist() if not info.is_dir() and info.file_size]
        total = sum(info.file_size for info in infos)
        packed = sum(info.compress_size for info in infos)
        name = self.path.name
        if len(infos) > MAX_ENTRIES:
            raise ProviderRefused(f"“{name}” holds more than {MAX_ENTRIES} files: split it.")
        if total > MAX_TOTAL_BYTES:
            raise ProviderRefused(
                f"“{name}” would unpack to more than {MAX_TOTAL_BYTES // 1024**3} GB: split it."
            )
        for size, compressed in [(total, packed), *((i.file_size, i.compress_size) for i in infos)]:
            if size > RATIO_FROM_BYTES and size > MAX_RATIO * max(compressed, 1):
                raise ProviderRefused(
                    f"“{name}” unpacks to more than {MAX_RATIO} times its size, as zip bombs do."
                    " Unpack it yourself and import what is inside."
                )
        return list(enumerate(infos))

    def _refuse_archive(self, magic: bytes) -> None:
        if magic.startswith(ARCHIVE_MAGIC):
            raise ProviderRefused(f"“{self.path.name}” holds another archive: unpack it first.")

    def _is_mbox(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bool:
        with archive.open(info) as file:
            return file.read(5) == b"From "

    def _mbox(self, number: int) -> MboxProvider:
        """The entry as a file of its own, for an mbox has to be read twice and by place."""
        if number not in self._unpacked:
            with (
                self._archive() as archive,
                archive.open(dict(self._entries(archive))[number]) as packed,
                tempfile.NamedTemporaryFile(delete=False) as unpacked,
            ):
                self._unpacked[number] = Path(unpacked.name)
                shutil.copyfileobj(packed, unpacked)
        return MboxProvider(self._unpacked[number], f"{self.prefix}:{number}")
