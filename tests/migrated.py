"""A database with all tables, made once a run of the suite: migrating takes longer than most tests.

`make test` names a folder that all its processes share; without one, everybody migrates by
themselves. The first start of an installation is tested in `tests/config/test_serve.py`.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

SHARED_FOLDER: Final = "INLEDGER_TEST_FOLDER"
ROOT: Final = Path(__file__).resolve().parent.parent
NAME: Final = "inledger.sqlite3"


def put_migrated_database(at: Path) -> bool:
    """Put a migrated SQLite database there. Whether there is one; whoever asks first makes it, and
    the others wait."""
    shared = os.environ.get(SHARED_FOLDER)
    if not shared:
        return False
    made = Path(shared) / "migrated" / NAME
    with (Path(shared) / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            _migrate(Path(shared) / "migrating")
            (Path(shared) / "migrating").rename(made.parent)
    shutil.copyfile(made, at)
    return True


def _migrate(folder: Path) -> None:
    folder.mkdir()
    environment = {**os.environ, "DATA_DIR": str(folder)}
    for name in ("DATABASE_URL", "BROKER_URL", "DJANGO_SETTINGS_MODULE"):
        environment.pop(name, None)
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"],
        cwd=ROOT, env=environment, check=True,
    )  # fmt: skip
