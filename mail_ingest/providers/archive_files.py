"""The files inside an archive, as streams, within limits that a zip bomb breaks. Pure.

Limits are checked from what the archive declares before anything of it is read; no entry gives more
than it declares.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol, cast

MAX_FILES: Final = 100_000
MAX_RATIO: Final = 100
MAX_TOTAL_BYTES: Final = 64 * 1024**3
# Below this size a high ratio is no danger: a short repetitive text compresses well too.
RATIO_FROM_BYTES: Final = 1024 * 1024
CHUNK: Final = 1024 * 1024
FIRST_BYTES: Final = 1024


class TooManyFiles(Exception):
    def __str__(self) -> str:
        return str(MAX_FILES)


class UnpacksTooLarge(Exception):
    def __str__(self) -> str:
        return str(MAX_TOTAL_BYTES // 1024**3)


class UnpacksTooMuch(Exception):
    def __str__(self) -> str:
        return str(MAX_RATIO)


class Files(Protocol):
    """The files of an archive that hold anything, by number. Raises the three errors above and
    what zipfile, tarfile and zlib raise."""

    sizes: list[int]
    """In bytes, unpacked."""

    def __init__(self, path: Path) -> None: ...

    def starts(self) -> Iterator[bytes]:
        """The first FIRST_BYTES of every file."""

    def open(self, number: int) -> BinaryIO:
        """A file to read and to seek in; going back means to unpack from its start again."""

    def is_sound(self) -> bool:
        """Whether every checksum is right. Reads everything."""

    def close(self) -> None: ...


class ZipFiles:
    """See Files."""

    def __init__(self, path: Path) -> None:
        self._archive = zipfile.ZipFile(path)
        infos = [info for info in self._archive.infolist() if not info.is_dir() and info.file_size]
        self._infos = infos
        self.sizes = [info.file_size for info in infos]
        refuse_bomb(len(infos), sum(self.sizes), sum(info.compress_size for info in infos))
        for info in infos:
            refuse_bomb(1, info.file_size, info.compress_size)

    def starts(self) -> Iterator[bytes]:
        for number in range(len(self._infos)):
            with self.open(number) as file:
                yield file.read(FIRST_BYTES)

    def open(self, number: int) -> BinaryIO:
        return cast(BinaryIO, self._archive.open(self._infos[number]))

    def is_sound(self) -> bool:
        return self._archive.testzip() is None

    def close(self) -> None:
        self._archive.close()


class TarFiles:
    """See Files. A tar has no directory: listing it unpacks all of it once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.sizes: list[int] = []
        self._places: list[int] = []
        self._starts: list[bytes] = []
        packed = path.stat().st_size
        with _Gunzipped(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            for member in _members(archive):
                refuse_bomb(len(self.sizes), member.offset_data + member.size, packed)
                if member.isreg() and member.size and not member.issparse():
                    unpacked.seek(member.offset_data)
                    self._starts.append(unpacked.read(min(FIRST_BYTES, member.size)))
                    self._places.append(member.offset_data)
                    self.sizes.append(member.size)

    def starts(self) -> Iterator[bytes]:
        yield from self._starts

    def open(self, number: int) -> BinaryIO:
        section = _Section(_Gunzipped(self._path), self._places[number], self.sizes[number])
        return io.BufferedReader(section, CHUNK)

    def is_sound(self) -> bool:
        """The checksum of a gzip file stands at its end."""
        limit = self._path.stat().st_size * MAX_RATIO + RATIO_FROM_BYTES
        with _Gunzipped(self._path) as unpacked:
            while unpacked.read(CHUNK):
                if unpacked.tell() > limit:
                    raise UnpacksTooMuch
        return True

    def close(self) -> None:
        """Files are open only while they are read."""


def refuse_bomb(files: int, size: int, packed: int) -> None:
    if files > MAX_FILES:
        raise TooManyFiles
    if size > MAX_TOTAL_BYTES:
        raise UnpacksTooLarge
    if size > RATIO_FROM_BYTES and size > MAX_RATIO * max(packed, 1):
        raise UnpacksTooMuch


def is_tar_gz(path: Path) -> bool:
    """Whether a gzip file holds a tar."""
    try:
        with _Gunzipped(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r:") as archive:
            return archive.next() is not None
    except (tarfile.TarError, OSError, EOFError, ValueError):
        return False


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members, without keeping them: there may be many."""
    while (member := archive.next()) is not None:
        yield member
        cast(Any, archive).members.clear()


class _Gunzipped(gzip.GzipFile):
    """A gzip file that is never read in one piece, whatever size a tar's header declares."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "rb")

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= CHUNK:
            raise ValueError("a header is too long")
        return super().read(size)


class _Section(io.RawIOBase):
    """A part of a file as a file of its own, which closes that file with itself."""

    def __init__(self, file: _Gunzipped, start: int, size: int) -> None:
        self._file, self._start, self._size = file, start, size
        file.seek(start)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell() - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        self._file.seek(self._start + min(max(base + offset, 0), self._size))
        return self.tell()

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._size - self.tell(), CHUNK))
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
