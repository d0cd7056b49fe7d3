"""Mailboxes over IMAP (RFC 3501), by TLS only and read-only: EXAMINE and PEEK. Pure.

A message is named folder:uidvalidity:uid. UIDs only grow within one UIDVALIDITY; when that
changes the folder is read from the start, and what is already stored is recognised by its bytes.
"""

from __future__ import annotations

import imaplib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError

from mail_ingest.providers.addresses import resolve_allowed
from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    CheckResult,
    Cursor,
    FetchedMessage,
    MessageRef,
    Page,
    ProviderRefused,
    ProviderUnavailable,
    in_pages,
)
from mail_ingest.providers.imap_tls import connect_checked

SIZES_AT_ONCE: Final = 1_000
# Response codes of a refused login that says nothing about the password (RFC 5530).
TRY_AGAIN: Final = re.compile(r"\[(?:UNAVAILABLE|LIMIT|INUSE|SERVERBUG)\]|too many", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """How to reach a mailbox. `ca_certificate` is PEM to trust instead of the system's
    authorities; `allowed_private_hosts` are the operator's (see `addresses`)."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folders: tuple[str, ...] = ("INBOX",)
    ca_certificate: str = ""
    allowed_private_hosts: tuple[str, ...] = ()
    timeout_seconds: float = 30


class ImapProvider:
    """See EmailProvider. Connects on first use."""

    def __init__(self, settings: ImapSettings) -> None:
        self.settings = settings
        self._client: IMAPClient | None = None

    def check(self) -> CheckResult:
        counts: dict[str, int] = {}
        for folder in self.settings.folders:
            counts[folder] = int(self._examine(folder)[b"EXISTS"])
        return CheckResult(counts)

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        reached: Cursor = {name: dict(position) for name, position in cursor.items()}
        for folder in self.settings.folders:
            validity = int(self._examine(folder)[b"UIDVALIDITY"])
            known = reached.get(folder, {})
            last = known.get("uid", 0) if known.get("uidvalidity") == validity else 0
            # The server answers "n:*" with the newest message even when its UID is below n.
            uids = [uid for uid in self._search(["UID", f"{last + 1}:*"]) if uid > last]
            for page in self._pages(folder, validity, uids):
                newest = max(_uid(ref) for ref in page.refs)
                reached = reached | {folder: {"uidvalidity": validity, "uid": newest}}
                yield Page(page.refs, reached, page.done, page.total)

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        criteria: list[Any] = []
        if since is not None:
            criteria += ["SINCE", since]
        if until is not None:
            criteria += ["BEFORE", until + timedelta(days=1)]
        for folder in self.settings.folders:
            validity = int(self._examine(folder)[b"UIDVALIDITY"])
            yield from self._pages(folder, validity, self._search(criteria or ["ALL"]))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        for folder in dict.fromkeys(ref.folder for ref in refs):
            validity = int(self._examine(folder)[b"UIDVALIDITY"])
            wanted = [r for r in refs if r.folder == folder and _validity(r) == validity]
            whole = [ref for ref in wanted if ref.size <= MAX_MESSAGE_BYTES]
            yield from self._fetch(whole, b"BODY[]", "BODY.PEEK[]")
            for ref in wanted:
                if ref.size > MAX_MESSAGE_BYTES:
                    yield from self._fetch([ref], b"BODY[]<0>", f"BODY.PEEK[]<0.{HEAD_BYTES}>")

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.logout()
            except (IMAPClientError, imaplib.IMAP4.error, OSError):
                client.shutdown()

    def _pages(self, folder: str, validity: int, uids: Sequence[int]) -> Iterator[Page]:
        done = 0
        uids = sorted(uids)
        for start in range(0, len(uids), SIZES_AT_ONCE):
            chunk = uids[start : start + SIZES_AT_ONCE]
            sizes = self._sizes(chunk)
            refs = [
                MessageRef(f"{folder}:{validity}:{uid}", folder, sizes[uid])
                for uid in chunk
                if uid in sizes
            ]
            for page in in_pages(refs):
                done += len(page)
                yield Page(page, {}, done, len(uids))

    def _fetch(self, refs: Sequence[MessageRef], key: bytes, what: str) -> Iterator[FetchedMessage]:
        by_uid = {_uid(ref): ref for ref in refs}
        with self._talking() as client:
            answers = client.fetch(list(by_uid), [what, "INTERNALDATE"]) if by_uid else {}
        for uid, ref in by_uid.items():
            raw = answers.get(uid, {}).get(key)
            if raw is not None:
                moment = answers[uid].get(b"INTERNALDATE")
                yield FetchedMessage(
                    ref, raw, is_truncated=key != b"BODY[]", received_at=_in_utc(moment)
                )

    def _sizes(self, uids: Sequence[int]) -> dict[int, int]:
        with self._talking() as client:
            answers = client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(answer[b"RFC822.SIZE"]) for uid, answer in answers.items()}

    def _search(self, criteria: list[Any]) -> list[int]:
        with self._talking() as client:
            return [int(uid) for uid in client.search(criteria)]

    def _examine(self, folder: str) -> dict[bytes, Any]:
        with self._talking() as client:
            try:
                answer: dict[bytes, Any] = client.select_folder(folder, readonly=True)
            except IMAPClientError as error:
                names = [name for _, _, name in client.list_folders()]
                if folder in names:
                    raise
                raise ProviderRefused(
                    f"The mailbox has no folder “{folder}”. It has: {', '.join(names[:30])}."
                ) from error
            return answer

    @contextmanager
    def _talking(self) -> Iterator[IMAPClient]:
        """The connection, with what goes wrong on it put into words."""
        host = self.settings.host
        try:
            if self._client is None:
                self._client = self._connected()
            yield self._client
        except TimeoutError as error:
            raise ProviderUnavailable(f"{host} did not answer in time.") from error
        except (imaplib.IMAP4.abort, OSError) as error:
            raise ProviderUnavailable(f"The connection to {host} broke off.") from error
        except (IMAPClientError, imaplib.IMAP4.error) as error:
            raise ProviderUnavailable(f"{host} answered with an error: {_text(error)}") from error

    def _connected(self) -> IMAPClient:
        settings = self.settings
        addresses = resolve_allowed(settings.host, settings.port, settings.allowed_private_hosts)
        client = connect_checked(
            settings.host, addresses, settings.port, settings.ca_certificate,
            SocketTimeout(connect=min(settings.timeout_seconds, 10), read=settings.timeout_seconds),
        )  # fmt: skip
        try:
            client.login(settings.username, settings.password)
        except LoginError as error:
            client.shutdown()
            if TRY_AGAIN.search(str(error)):
                raise ProviderUnavailable(
                    f"{settings.host} takes no login now: {_text(error)}"
                ) from None
            raise ProviderRefused(
                f"{settings.host} refused the user name or the password of “{settings.username}”:"
                f" {_text(error)}. Many providers want an app password here."
            ) from None
        return client


def _uid(ref: MessageRef) -> int:
    return int(ref.ref.rpartition(":")[2])


def _validity(ref: MessageRef) -> int:
    return int(ref.ref.rsplit(":", 2)[1])


def _text(error: Exception) -> str:
    return str(error).removeprefix("b'").removesuffix("'").rstrip(".")[:200]


def _in_utc(moment: datetime | None) -> datetime | None:
    """IMAPClient gives INTERNALDATE in this machine's zone and without saying so."""
    return moment.astimezone(UTC) if moment is not None else None
