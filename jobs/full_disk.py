"""A full disk, by whichever name it comes: the operating system's, SQLite's or PostgreSQL's.

It can hit any work at any write, and neither the person nor the code can do anything about it: the
work waits until there is room, however long that takes.
"""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from jobs.base import RetryLater
from tenancy.wording import worded

# EFBIG: the file is larger than this file system, or this process's limit, allows.
NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
POSTGRESQL_DISK_FULL: Final = "53100"  # appendix A: error codes
LOOK_AGAIN_SECONDS: Final = 300


class DiskFull(RetryLater):
    """There was no room for what a job wrote. It costs no attempt: the job is tried until there
    is."""

    def __init__(self) -> None:
        super().__init__(
            worded(
                "The disk of this Inledger is full. Nothing is lost: this is tried again every"
                " %(minutes)s minutes, and goes on where it was. Whoever runs it has to make room.",
                minutes=LOOK_AGAIN_SECONDS // 60,
            ),
            after_seconds=LOOK_AGAIN_SECONDS,
            costs_attempt=False,
        )


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the error, or what caused it, is that there was no room."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in NO_ROOM:
            return True
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
            return True
        if getattr(error, "sqlstate", None) == POSTGRESQL_DISK_FULL:
            return True
        error = error.__cause__
    return False
