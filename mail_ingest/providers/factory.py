"""Which class serves which kind of source. Pure.

To add a source, write its module and name it here (docs/adding-a-provider.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from mail_ingest.providers.archive import ARCHIVE_MAGIC, HEADER
from mail_ingest.providers.archive_files import is_tar_gz
from mail_ingest.providers.base import EmailProvider, ProviderRefused
from mail_ingest.providers.maildir import is_maildir
from tenancy.wording import worded

PROVIDERS: Final[Mapping[str, str]] = {
    "imap": "mail_ingest.providers.imap.ImapProvider",
    "gmail": "mail_ingest.providers.gmail.GmailProvider",
    "outlook": "mail_ingest.providers.graph.GraphProvider",
    "mbox": "mail_ingest.providers.mbox.MboxProvider",
    "maildir": "mail_ingest.providers.maildir.MaildirProvider",
    "eml": "mail_ingest.providers.eml.EmlProvider",
    "zip": "mail_ingest.providers.archive.ZipProvider",
    "tar.gz": "mail_ingest.providers.archive.TarProvider",
}


class ProviderFactory:
    """Makes the EmailProvider of a kind from what that provider's constructor takes."""

    def __init__(self, registry: Mapping[str, str] = PROVIDERS) -> None:
        self.registry = registry

    def make(self, kind: str, *arguments: Any) -> EmailProvider:
        """Raises LookupError for a kind that the registry does not name."""
        module, _, name = self.registry[kind].rpartition(".")
        provider: EmailProvider = getattr(import_module(module), name)(*arguments)
        return provider

    def for_file(self, path: Path, prefix: str) -> EmailProvider:
        """The provider of a file or folder, by what is in it. Raises ProviderRefused."""
        return self.make(file_kind(path), path, prefix)


def file_kind(path: Path) -> str:
    """The kind of a file or folder, by its first bytes and not by its name. Raises
    ProviderRefused."""
    if path.is_dir():
        if is_maildir(path):
            return "maildir"
        raise ProviderRefused(
            worded("“%(name)s” is a folder, but not a Maildir (cur and new).", name=path.name)
        )
    try:
        with path.open("rb") as file:
            start = file.read(1024)
    except OSError as error:
        raise ProviderRefused(
            worded("“%(name)s” cannot be read: %(reason)s.", name=path.name, reason=error.strerror)
        ) from error
    if not start.strip():
        raise ProviderRefused(worded("“%(name)s” is empty.", name=path.name))
    if start.startswith(b"PK\x03\x04"):
        return "zip"
    if start.startswith(b"\x1f\x8b") and is_tar_gz(path):
        return "tar.gz"
    if start.lstrip().startswith(b"From "):
        return "mbox"
    if not start.startswith(ARCHIVE_MAGIC) and HEADER.match(start):
        return "eml"
    raise ProviderRefused(
        worded(
            "“%(name)s” is not mail: mbox, .eml, a zip or tar.gz of those, or a Maildir are.",
            name=path.name,
        )
    )
