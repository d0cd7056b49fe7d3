"""Loading packs, and proving each by its own messages. Pure but for the files."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from extraction.document import Document
from extraction.message_document import document_from_message
from extraction.packs.pattern import BadPattern, Pattern, make_pattern
from extraction.reading import Candidate, Reading, Verdict

BUILT_IN: Final = Path(__file__).parent
_KEYS: Final = {"name", "senders", "country", "language", "pattern"}


class BadPack(ValueError):
    """A pack that cannot be used; names its folder and says why."""


@dataclass(frozen=True, slots=True)
class Pack:
    """`senders` are addresses, or domains with what is below them."""

    name: str
    senders: tuple[str, ...]
    patterns: tuple[Pattern, ...]

    def is_from(self, sender: str) -> bool:
        address = sender.casefold()
        domain = address.rpartition("@")[2]
        return any(
            address == known or domain == known or domain.endswith(f".{known}")
            for known in self.senders
        )

    def read(self, document: Document) -> Reading | None:
        readings = (pattern.read(document) for pattern in self.patterns)
        return next((reading for reading in readings if reading is not None), None)


class PackExtractor:
    """Reads what the packs know of a sender."""

    name = "pack"

    def __init__(self, packs: tuple[Pack, ...]) -> None:
        self._packs = packs

    def identify(self, document: Document) -> bool:
        return any(pack.is_from(document.sender or "") for pack in self._packs)

    def extract(self, document: Document) -> Reading | None:
        sender = document.sender or ""
        readings = (pack.read(document) for pack in self._packs if pack.is_from(sender))
        return next((reading for reading in readings if reading is not None), None)


# Folders of packs: an operator's own come first.
_folders: list[Path] = [BUILT_IN]


def use_folder(folder: Path) -> None:
    """Take the packs of one more folder, before the others. Raises BadPack, and takes none."""
    packs_in(folder)
    if folder not in _folders:
        _folders.insert(0, folder)


def packs() -> tuple[Pack, ...]:
    """All packs. Raises BadPack."""
    return tuple(pack for folder in _folders for pack in packs_in(folder))


@cache
def packs_in(folder: Path) -> tuple[Pack, ...]:
    """All packs of a folder, each proved by its messages. Raises BadPack."""
    found = sorted(path.parent for path in folder.glob("*/manifest.toml"))
    return tuple(load_pack(path) for path in found)


def load_pack(folder: Path) -> Pack:
    """Raises BadPack."""
    try:
        data = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
        pack = _pack(data)
    except KeyError as error:
        raise BadPack(f"{folder.name}: the manifest lacks “{error.args[0]}”.") from error
    except (OSError, tomllib.TOMLDecodeError, BadPattern, TypeError) as error:
        raise BadPack(f"{folder.name}: {error}") from error
    if unknown := data.keys() - _KEYS:
        raise BadPack(f"{folder.name}: the manifest has an unknown key “{min(unknown)}”.")
    if not pack.senders or not pack.patterns:
        raise BadPack(f"{folder.name}: it needs senders and at least one pattern.")
    _prove(pack, folder)
    return pack


def _pack(data: dict[str, Any]) -> Pack:
    patterns = [
        make_pattern(
            each["text"], each["event"], each.get("direction", ""), each.get("currency", "")
        )
        for each in data["pattern"]
    ]
    senders = tuple(str(sender).casefold() for sender in data["senders"])
    return Pack(str(data["name"]), senders, tuple(patterns))


def _prove(pack: Pack, folder: Path) -> None:
    """Every pattern must be shown by a message, and every message read as its row says."""
    used: set[str] = set()
    messages = sorted((folder / "messages").glob("*.txt"))
    for path in messages:
        document = document_from_message(
            sender=pack.senders[0] if "@" in pack.senders[0] else f"a@{pack.senders[0]}",
            sender_name=None, subject=None, received_at=datetime(2026, 5, 6, tzinfo=UTC),
            text=path.read_text(encoding="utf-8"), html=None,
        )  # fmt: skip
        expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        reading = pack.read(document)
        told = _told(reading)
        wrong = {key: told.get(key) for key, value in expected.items() if told.get(key) != value}
        if wrong:
            raise BadPack(f"{folder.name}: {path.name} is read as {wrong}, not as {expected}.")
        used |= {pattern.text for pattern in pack.patterns if pattern.read(document)}
    for pattern in pack.patterns:
        if pattern.text not in used:
            raise BadPack(f"{folder.name}: no message shows “{pattern.text}”.")


def _told(reading: Reading | None) -> dict[str, Any]:
    if reading is None or reading.verdict is not Verdict.TRANSACTION:
        return {"is_transaction": False}
    candidate: Candidate = reading.candidates[0]
    told: dict[str, Any] = {"is_transaction": True, "event": candidate.event.value}
    told["direction"] = candidate.direction.value if candidate.direction else None
    for name, field in candidate.fields().items():
        told[name] = str(field.value)
    if candidate.amount is not None:
        told["currency"] = candidate.amount.value.currency
    return told
