"""A zip archive: the JSON lines, and the files that are attached to the transactions."""

from __future__ import annotations

from collections.abc import Iterator
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from finance.attachments import kept
from finance.exports.entries import Period, entries
from finance.exports.formats import json_lines
from finance.statements.readers.archive import LEDGER


class _Sink:
    """What a zip file writes to, to be taken away piece by piece: nothing is kept on a disk."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._held.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def take(self) -> bytes:
        taken, self._held = b"".join(self._held), []
        return taken


def write(period: Period) -> Iterator[bytes]:
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:  # type: ignore[call-overload] # it needs no more
        with archive.open(LEDGER, "w") as file:
            for line in json_lines.write(period):
                file.write(line.encode())
                yield sink.take()
        told: set[str] = set()
        for entry in entries(period):
            for each in entry.files:
                if each.path not in told:
                    told.add(each.path)
                    row = kept().only("data").filter(sha256=each.sha256)[:1].get()
                    info = ZipInfo(each.path)
                    info.compress_type = ZIP_STORED
                    archive.writestr(info, bytes(row.data))
                    yield sink.take()
    yield sink.take()
