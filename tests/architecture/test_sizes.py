"""Files and functions stay small enough to read (docs/architecture.md, "Sizes")."""

from __future__ import annotations

import statistics

from tests.architecture.sources import ROOT, functions, line_count, source_files


def test_no_source_file_is_longer_than_400_lines() -> None:
    long = {str(p.relative_to(ROOT)): line_count(p) for p in source_files() if line_count(p) > 400}
    assert long == {}


def test_settings_stay_within_350_lines() -> None:
    assert line_count(ROOT / "config" / "settings.py") <= 350


def test_most_source_files_are_short() -> None:
    sizes = sorted(size for size in map(line_count, source_files()) if size > 0)
    assert statistics.median(sizes) <= 100
    assert sizes[int(len(sizes) * 0.9)] <= 300


def test_no_function_is_longer_than_40_lines() -> None:
    long = {}
    for path in source_files():
        for function in functions(path):
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > 40:
                long[f"{path.relative_to(ROOT)}:{function.lineno} {function.name}"] = length
    assert long == {}
