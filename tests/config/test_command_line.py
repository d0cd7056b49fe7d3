"""The commands as a shell starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT

SAMPLES = ROOT / "tests" / "samples" / "world.jsonl"


def test_a_reader_that_has_had_enough_raises_no_traceback(tmp_path: Path) -> None:
    """`manage.py … | head -1`, at its worst: the reader is gone before the first line."""
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(SAMPLES.read_text(encoding="utf-8").splitlines()[:5]), "utf-8")
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "manage.py", "evaluate_extraction", str(few), "--errors", "5"],
            cwd=ROOT,
            env={**os.environ, "DATA_DIR": str(tmp_path)},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert done.stderr == ""
    assert done.returncode == 141
