"""The text of a PDF file, read in a process of its own: PDF is a language, and files are hostile.

As a script it reads the file from standard input and writes its text; the system stops it when it
takes too much time or memory. Lines keep what stands side by side on the page, so that a total and
its amount stay together.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
from typing import Final

MAX_PAGES: Final = 6
MAX_TEXT: Final = 12_000
SECONDS: Final = 10
MEMORY: Final = 768 * 1024 * 1024


def text_of_pdf(content: bytes) -> str:
    """The text layer of the first pages; "" where there is none, or the file cannot be read."""
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-I", __file__],
            input=content, capture_output=True, timeout=2 * SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")[:MAX_TEXT] if done.returncode == 0 else ""


def _read(content: bytes) -> str:
    import pypdf  # noqa: PLC0415 - only the child process needs it

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
    _limit()
    sys.stdout.buffer.write(_read(sys.stdin.buffer.read()).encode("utf-8"))
