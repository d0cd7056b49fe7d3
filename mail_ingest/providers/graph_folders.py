"""The folders of an Outlook mailbox, as Microsoft Graph lists them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from mail_ingest.providers.base import Folder

# Names that Graph has for folders whatever the mailbox's language, and what each is for:
# https://learn.microsoft.com/graph/api/resources/mailfolder
ROLES: Final = {
    "inbox": "inbox", "archive": "archive", "sentitems": "sent", "drafts": "drafts",
    "junkemail": "junk", "deleteditems": "trash",
}  # fmt: skip
ROOT: Final = "msgfolderroot"
USUAL: Final = ("inbox",)
"""Read where nobody has chosen; by its name, which is the same in every mailbox."""


def labels_of(items: Iterable[Mapping[str, Any]], root: str | None) -> dict[str, str]:
    """What a person reads for each folder's id: the names on the way to it ("Bank/Cards")."""
    named = {
        str(item["id"]): item for item in items if "@removed" not in item and "displayName" in item
    }
    labels = {}
    for folder in named:
        way: list[str] = []
        step, seen = folder, set[str]()
        while step in named and step != root and step not in seen:
            seen.add(step)
            way.insert(0, str(named[step]["displayName"]))
            step = str(named[step].get("parentFolderId", ""))
        if way:
            labels[folder] = "/".join(way)
    return labels


def choices(labels: Mapping[str, str], known: Mapping[str, str]) -> tuple[Folder, ...]:
    """All folders to choose from, the inbox first; `known` are the ids of well-known names."""
    by_id = {folder: name for name, folder in known.items()}
    found = []
    for folder, label in labels.items():
        well_known = by_id.get(folder, "")
        name = well_known if well_known in USUAL else folder
        found.append(Folder(name, label, ROLES.get(well_known, ""), is_usual=name in USUAL))
    return tuple(sorted(found, key=lambda f: (not f.is_usual, f.label.casefold(), f.name)))
