"""A process that reads PDF files for another, one after the other: run as a script.

It loads the library once, takes files on standard input, and reads each in a fork of itself, which
the system stops when it takes too much time or memory. Each file and each answer begins with its
length. Lines keep what stands side by side on the page, so that a total and its amount stay
together.
"""

from __future__ import annotations

import io
import os
import re
import select
import signal
import sys
import time
from typing import IO, Final

MAX_PAGES: Final = 6
MAX_TEXT: Final = 12_000
SECONDS: Final = 10
MEMORY: Final = 768 * 1024 * 1024
LENGTH: Final = 8


def exactly(stream: IO[bytes], length: int) -> bytes:
    """Raises EOFError where the stream ends before."""
    found = stream.read(length)
    if len(found) < length:
        raise EOFError
    return found


def _serve(files: IO[bytes], answers: IO[bytes]) -> None:
    # What the library loads when it first needs it (and it looks for programs) its forks have then.
    import pypdf.filters  # noqa: F401, PLC0415 - only the server needs it

    while header := files.read(LENGTH):
        text = _read_in_a_fork(exactly(files, int.from_bytes(header)))
        answers.write(len(text).to_bytes(LENGTH) + text)
        answers.flush()


def _read_in_a_fork(content: bytes) -> bytes:
    """The text in UTF-8; nothing where the fork was stopped or failed."""
    output, its_output = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(output)
        try:
            _limit()
            with os.fdopen(its_output, "wb") as written:
                written.write(_read(content).encode("utf-8"))
        except BaseException:  # noqa: BLE001 - whatever the file does to us
            os._exit(1)
        os._exit(0)
    os.close(its_output)
    text = _read_until(output, time.monotonic() + 2 * SECONDS)
    os.close(output)
    if text is None:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return text if text is not None and status == 0 else b""


def _read_until(descriptor: int, deadline: float) -> bytes | None:
    """All that comes, or None where that takes longer."""
    parts: list[bytes] = []
    while select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(descriptor, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def _read(content: bytes) -> str:
    import pypdf  # noqa: PLC0415 - only the server needs it

    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    texts: list[str] = []
    for number in range(min(len(pages), MAX_PAGES)):
        page = pages[number]
        laid_out = page.extract_text(extraction_mode="layout")
        texts.append(laid_out if laid_out.strip() else page.extract_text())
    return "\n\n".join(map(_tidy, texts))[:MAX_TEXT]


def _tidy(text: str) -> str:
    """Columns parted by a tab, as table cells are; no empty lines, nothing that cannot be kept."""
    lines = (re.sub(r"[ \u00a0]{3,}", "\t", line.strip()) for line in text.splitlines())
    kept = "\n".join(line for line in lines if line)
    return kept.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def _limit() -> None:
    import resource  # noqa: PLC0415 - not on every system

    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
