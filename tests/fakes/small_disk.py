"""A disk that is soon full."""

from __future__ import annotations

import gc
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """`folder` with room for so much: a file system of its own where this machine lets us mount
    one. Elsewhere the kernel refuses larger files to this process, which says EFBIG and not
    ENOSPC."""
    folder.mkdir()
    if _mount(folder, kilobytes):
        try:
            yield folder
        finally:
            gc.collect()  # what requests left open is closed while it is there
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * 1024, hard))
    try:
        yield folder
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _mount(folder: Path, kilobytes: int) -> bool:
    if shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
