"""The text of a PDF file, read in a process of its own: PDF is a language, and files are hostile.

That process (`pdf_server`) is started once for each of ours that asks: to start it and to load its
library takes ten times as long as to read an invoice.
"""

from __future__ import annotations

import atexit
import os
import select
import subprocess
import sys
from threading import Lock
from typing import Final

from extraction import pdf_server
from extraction.pdf_server import LENGTH, MAX_TEXT, SECONDS, exactly


def text_of_pdf(content: bytes) -> str:
    """The text layer of the first pages; "" where there is none, or the file cannot be read."""
    return _SERVER.ask(content).decode("utf-8", "replace")[:MAX_TEXT]


class _Server:
    """The process that reads. It ends with this one, whose end closes its standard input."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.owner = 0

    def ask(self, content: bytes) -> bytes:
        with self.lock:
            # The system may have stopped it since the last file.
            for _ in range(2):
                try:
                    return self._answer(content)
                except (OSError, EOFError):
                    self.stop()
        return b""

    def _answer(self, content: bytes) -> bytes:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(len(content).to_bytes(LENGTH) + content)
        process.stdin.flush()
        if not select.select([process.stdout], [], [], 3 * SECONDS)[0]:
            raise EOFError
        return exactly(process.stdout, int.from_bytes(exactly(process.stdout, LENGTH)))

    def _running(self) -> subprocess.Popen[bytes]:
        # After a fork the server is the parent's, and its answers are not for us.
        if self.process is None or self.owner != os.getpid():
            self.owner = os.getpid()
            self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
                [sys.executable, "-I", pdf_server.__file__],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        return self.process

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None and self.owner == os.getpid():
            process.kill()
            process.communicate()


_SERVER: Final = _Server()
atexit.register(_SERVER.stop)
