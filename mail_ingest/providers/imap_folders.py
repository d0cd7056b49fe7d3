"""Which folders an IMAP mailbox has and what they are for (RFC 6154). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mail_ingest.providers.base import Folder
from tenancy.wording import Wording, worded

# What a folder is for, by the attribute with which LIST says so.
ROLES: Final = {
    "\\inbox": "inbox",
    "\\all": "all",
    "\\archive": "archive",
    "\\sent": "sent",
    "\\drafts": "drafts",
    "\\junk": "junk",
    "\\trash": "trash",
    "\\flagged": "flagged",
    "\\important": "flagged",
}
# Of servers that do not say it; by the last part of the name.
ARCHIVES: Final = frozenset({"archive", "archives", "archiv"})
NOT_TO_OPEN: Final = frozenset({"\\noselect", "\\nonexistent"})


def folders_of(listed: Iterable[tuple[Sequence[bytes], bytes | None, str]]) -> tuple[Folder, ...]:
    """The folders that can be opened, from the rows of LIST (attributes, separator, name), the
    inbox first.

    The usual ones hold received mail: all of it where the server has such a folder, as Gmail has;
    else the inbox and the archive.
    """
    rows = []
    for attributes, separator, name in listed:
        words = {bytes(word).decode("ascii", "replace").lower() for word in attributes}
        if not words & NOT_TO_OPEN:
            rows.append((name, _role(name, words), _last(name, separator)))
    if all(role != "archive" for _, role, _ in rows):
        rows = [(n, r or ("archive" if last in ARCHIVES else ""), last) for n, r, last in rows]
    holds_all = any(role == "all" for _, role, _ in rows)
    usual = {"all"} if holds_all else {"inbox", "archive"}
    folders = [Folder(name, name, role, role in usual) for name, role, _ in rows]
    return tuple(sorted(folders, key=lambda f: (f.role != "inbox", f.label.casefold())))


def same_name(one: str, other: str) -> bool:
    """INBOX is the same in capitals or not (RFC 3501, section 5.1); others are not."""
    return one == other or (one.upper() == other.upper() == "INBOX")


def missing_text(name: str, folders: Iterable[Folder], renamed_to: str) -> Wording:
    if renamed_to:
        return worded(
            "The mailbox has no folder “%(name)s” any more: it seems to be called “%(other)s”"
            " now. Choose the folders again.",
            name=name,
            other=renamed_to,
        )
    names = ", ".join([folder.name for folder in folders][:30])
    return worded(
        "The mailbox has no folder “%(name)s”. It has: %(names)s. Choose the folders again.",
        name=name,
        names=names,
    )


def _role(name: str, words: set[str]) -> str:
    if name.upper() == "INBOX":
        return "inbox"
    return next((role for word, role in ROLES.items() if word in words), "")


def _last(name: str, separator: Any) -> str:
    mark = bytes(separator).decode("ascii", "replace") if separator else ""
    return (name.rpartition(mark)[2] if mark else name).lower()
