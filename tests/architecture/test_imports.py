"""The direction of imports, and the one signal."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT, source_files

SIGNAL = re.compile(
    r"@receiver\b|(?:pre|post)_(?:save|delete|init|migrate)\b.*\.connect\(|m2m_changed"
)


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_only_signal_is_the_one_that_raises_the_walls() -> None:
    users = [
        str(path.relative_to(ROOT))
        for path in source_files()
        if SIGNAL.search(path.read_text(encoding="utf-8"))
    ]
    assert users == ["tenancy/apps.py"]
