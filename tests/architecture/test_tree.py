"""What is committed, and what is not."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.architecture.sources import APPS, ROOT

KNOWN_APPS = {
    "accounts", "assistant", "config", "extraction", "finance", "jobs", "mail_ingest",
    "notifications", "organizer", "tenancy",
}  # fmt: skip
THIRD_PARTY = ("jquery", "bootstrap", "htmx", "alpine", "tailwind", "chart.", "d3.", "fontawesome")
VENDORED = (".min.js", ".min.css", ".woff", ".woff2", ".ttf", ".otf", ".map")
SECRETS = (".env", ".pem", ".key", ".sqlite3", "credentials.json")


def committed() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [Path(name) for name in listed.stdout.split("\0") if name]


def test_there_is_no_app_without_a_decision() -> None:
    assert set(APPS) <= KNOWN_APPS


def test_no_third_party_asset_is_committed() -> None:
    assets = [path for path in committed() if "static" in path.parts or "templates" in path.parts]
    foreign = [
        str(path)
        for path in assets
        if path.name.startswith(THIRD_PARTY) or path.name.endswith(VENDORED)
    ]
    assert foreign == []


def test_no_secret_and_no_database_is_committed() -> None:
    assert [str(path) for path in committed() if path.name.endswith(SECRETS)] == []


def test_no_committed_file_is_huge() -> None:
    large = [
        str(p) for p in committed() if (ROOT / p).is_file() and (ROOT / p).stat().st_size > 2**20
    ]
    assert large == []
