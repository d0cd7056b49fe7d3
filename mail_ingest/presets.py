"""What great mail providers need, by a person's address: see mailbox_presets.toml. Pure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "mailbox_presets.toml"


@dataclass(frozen=True, slots=True)
class Preset:
    """One provider: where its IMAP server is, and which password it takes."""

    name: str
    domains: tuple[str, ...]
    host: str
    password: str


@cache
def presets() -> tuple[Preset, ...]:
    rows: list[dict[str, Any]] = tomllib.loads(FILE.read_text(encoding="utf-8"))["provider"]
    return tuple(
        Preset(row["name"], tuple(row["domains"]), row["host"], row["password"]) for row in rows
    )


def preset_for(address: str) -> Preset | None:
    """The provider of a mail address; None for one that is not known."""
    domain = address.strip().lower().rpartition("@")[2]
    return next((preset for preset in presets() if domain in preset.domains), None)


def preset_of_host(host: str) -> Preset | None:
    return next((preset for preset in presets() if preset.host == host.strip().lower()), None)
