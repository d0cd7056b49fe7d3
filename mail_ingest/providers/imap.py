"""Mailboxes over IMAP (RFC 3501), by TLS only and read-only: EXAMINE and PEEK. Pure.

A message is named folder:uidvalidity:uid. UIDs only grow within one UIDVALIDITY; when that
changes the folder is read from the start, and what is already stored is recognised by its bytes.
"""

from __future__ import annotations

import imaplib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from imapclient import SocketTimeout
from imapclient.exceptions import IMAPClientError

from mail_ingest.providers.addresses import resolve_allowed
from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    CheckResult,
    Cursor,
    FetchedMessage,
    Folder,
    MessageRef,
    Page,
    ProviderRefused,
    ProviderUnavailable,
    in_pages,
)
from mail_ingest.providers.imap_folders import folders_of, missing_text, same_name
from mail_ingest.providers.imap_idle import idle
from mail_ingest.providers.imap_login import (
    TokenRefused,
    log_in_by_password,
    log_in_by_token,
    said,
)
from mail_ingest.providers.imap_tls import CheckedClient, connect_checked
from mail_ingest.providers.tokens import TokenSource
from tenancy.wording import joined, worded

SIZES_AT_ONCE: Final = 1_000
# Of so many folders it is looked up whether one of them is one that has gone, renamed.
RENAMED_AMONG: Final = 50


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """How to reach a mailbox. `ca_certificate` is PEM to trust instead of the system's
    authorities; `allowed_private_hosts` are the operator's (see `addresses`). No folders are the
    usual ones (see `imap_folders`). With `tokens` the login is by them, not by password."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    folders: tuple[str, ...] = ()
    ca_certificate: str = ""
    allowed_private_hosts: tuple[str, ...] = ()
    timeout_seconds: float = 30
    tokens: TokenSource | None = None


class ImapProvider:
    """See EmailProvider. Connects on first use."""

    def __init__(self, settings: ImapSettings) -> None:
        self.settings = settings
        self.notice: str = ""
        self._client: CheckedClient | None = None

    def check(self) -> CheckResult:
        available = self.folders()
        chosen = self._chosen(available, {})
        if self.notice:
            raise ProviderRefused(self.notice)
        counts = {folder: int(self._examine(folder)[b"EXISTS"]) for folder in chosen}
        return CheckResult(counts, available)

    def folders(self) -> tuple[Folder, ...]:
        with self._talking() as client:
            return folders_of(client.list_with_roles())

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        """What is new comes first, then what was there before, newest first and page by page from
        each folder in turn: of ten years of mail this month is seen at once.

        Of a folder the cursor holds the highest UID seen (`uid`), and the lowest one read on the
        way back (`below`) until that way is done."""
        reached: Cursor = {name: dict(position) for name, position in cursor.items()}
        new, old = {}, {}
        modseqs: dict[str, int] = {}
        for folder in self._chosen(self.folders(), cursor):
            status = self._status(folder)
            if _is_read(reached.get(folder, {}), status):
                continue
            modseqs[folder] = int(status.get(b"HIGHESTMODSEQ") or 0)
            validity = int(self._examine(folder)[b"UIDVALIDITY"])
            if reached.get(folder, {}).get("uidvalidity") != validity:
                uids = self._search(["ALL"])
                newest = max(uids, default=0)
                reached[folder] = {"uidvalidity": validity, "uid": newest, "below": newest + 1}
                old[folder] = uids
                continue
            last, below = reached[folder]["uid"], reached[folder].get("below", 0)
            # The server answers "n:*" with the newest message even when its UID is below n.
            new[folder] = [uid for uid in self._search(["UID", f"{last + 1}:*"]) if uid > last]
            old[folder] = self._search(["UID", f"1:{below - 1}"]) if below > 1 else []
        total = sum(len(uids) for uids in (*new.values(), *old.values()))
        done = 0
        for folder, refs, is_last in self._new_then_old(reached, new, old):
            done += len(refs)
            reached = reached | {folder: _moved(reached[folder], refs, is_last=is_last)}
            if done == total:
                # All is read: until a folder's number changes it need not be opened.
                reached |= {
                    name: reached[name] | {"modseq": at} for name, at in modseqs.items() if at
                }
            yield Page(refs, reached, done, total)

    def _new_then_old(
        self, reached: Cursor, new: dict[str, list[int]], old: dict[str, list[int]]
    ) -> Iterator[tuple[str, tuple[MessageRef, ...], bool]]:
        """Folder, refs, and whether they are the last of its way back."""
        for folder, uids in new.items():
            for page in self._pages(folder, reached[folder]["uidvalidity"], uids):
                yield folder, page.refs, False
        going = {
            folder: self._pages(folder, reached[folder]["uidvalidity"], uids, newest_first=True)
            for folder, uids in old.items()
        }
        while going:
            for folder, pages in list(going.items()):
                following = next(pages, None)
                if following is None:
                    del going[folder]
                else:
                    yield folder, following.refs, following.done == following.total

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        criteria: list[Any] = []
        if since is not None:
            criteria += ["SINCE", since]
        if until is not None:
            criteria += ["BEFORE", until + timedelta(days=1)]
        for folder in self._chosen(self.folders(), {}):
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

    def watch(self, tell: Callable[[], bool], is_over: Callable[[], bool]) -> None:
        """Be told by the server of what comes to the first of the folders that are read, until
        `is_over` (see `idle`). Raises ProviderError."""
        self._examine(self._chosen(self.folders(), {})[0])
        with self._talking() as client:
            if not client.has_capability("IDLE"):
                raise ProviderRefused(
                    worded("%(host)s does not tell of new mail (IDLE).", host=self.settings.host)
                )
            idle(client, tell, is_over)

    def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            try:
                client.logout()
            except (IMAPClientError, imaplib.IMAP4.error, OSError):
                client.shutdown()

    def _pages(
        self, folder: str, validity: int, uids: Sequence[int], *, newest_first: bool = False
    ) -> Iterator[Page]:
        done = 0
        uids = sorted(uids, reverse=newest_first)
        for start in range(0, len(uids), SIZES_AT_ONCE):
            chunk = uids[start : start + SIZES_AT_ONCE]
            sizes = self._sizes(folder, chunk)
            refs = [
                MessageRef(f"{folder}:{validity}:{uid}", folder, sizes[uid])
                for uid in chunk
                if uid in sizes
            ]
            done += len(chunk) - len(refs)
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

    def _sizes(self, folder: str, uids: Sequence[int]) -> dict[int, int]:
        # Meanwhile messages of another folder may have been fetched.
        self._examine(folder)
        with self._talking() as client:
            answers = client.fetch(uids, ["RFC822.SIZE"])
        return {uid: int(answer[b"RFC822.SIZE"]) for uid, answer in answers.items()}

    def _search(self, criteria: list[Any]) -> list[int]:
        with self._talking() as client:
            return [int(uid) for uid in client.search(criteria)]

    def _chosen(self, available: tuple[Folder, ...], cursor: Cursor) -> list[str]:
        """The folders to read. One that has gone is told of in `notice` while the others are
        read. Raises ProviderRefused when none is left."""
        wanted = self.settings.folders or tuple(f.name for f in available if f.is_usual)
        chosen, missing = [], []
        for name in wanted:
            found = next((f.name for f in available if same_name(f.name, name)), None)
            chosen.append(found) if found else missing.append(name)
        self.notice = joined(
            [
                missing_text(name, available, self._new_name(name, available, cursor))
                for name in missing
            ]
        )
        if not chosen:
            nothing = worded("The mailbox has no folder that can be read.")
            raise ProviderRefused(self.notice or nothing)
        return chosen

    def _new_name(self, name: str, available: tuple[Folder, ...], cursor: Cursor) -> str:
        """The one other folder that has the UIDVALIDITY of a folder that has gone."""
        validity = cursor.get(name, {}).get("uidvalidity")
        others = [f.name for f in available if f.name not in cursor][:RENAMED_AMONG]
        found = [
            other
            for other in (others if validity else ())
            if self._status(other).get(b"UIDVALIDITY") == validity
        ]
        return found[0] if len(found) == 1 else ""

    def _status(self, folder: str) -> dict[bytes, Any]:
        """How the folder stands, without opening it; {} where the server does not tell."""
        with self._talking() as client:
            asked = ["UIDVALIDITY", "UIDNEXT"]
            if client.has_capability("CONDSTORE"):
                asked.append("HIGHESTMODSEQ")
            try:
                answer: dict[bytes, Any] = client.folder_status(folder, asked)
            except imaplib.IMAP4.abort:
                raise
            except IMAPClientError:
                return {}
            return answer

    def _examine(self, folder: str) -> dict[bytes, Any]:
        with self._talking() as client:
            answer: dict[bytes, Any] = client.select_folder(folder, readonly=True)
            return answer

    @contextmanager
    def _talking(self) -> Iterator[CheckedClient]:
        """The connection, with what goes wrong on it put into words."""
        host = self.settings.host
        try:
            if self._client is None:
                self._client = self._connected()
            yield self._client
        except TimeoutError as error:
            raise ProviderUnavailable(
                worded("%(host)s did not answer in time.", host=host)
            ) from error
        except (imaplib.IMAP4.abort, OSError) as error:
            raise ProviderUnavailable(
                worded("The connection to %(host)s broke off.", host=host)
            ) from error
        except (IMAPClientError, imaplib.IMAP4.error) as error:
            raise ProviderUnavailable(
                worded("%(host)s answered with an error: %(words)s", host=host, words=said(error))
            ) from error

    def _connected(self) -> CheckedClient:
        """A connection that is logged in. A token that is refused is renewed once."""
        settings = self.settings
        if settings.tokens is None:
            client = self._reached()
            with _shut_unless_done(client):
                log_in_by_password(client, settings.host, settings.username, settings.password)
            return client
        try:
            return self._connected_by(settings.tokens.access_token())
        except TokenRefused:
            return self._connected_by(settings.tokens.access_token(renew=True))

    def _connected_by(self, token: str) -> CheckedClient:
        client = self._reached()
        with _shut_unless_done(client):
            log_in_by_token(client, self.settings.host, self.settings.username, token)
        return client

    def _reached(self) -> CheckedClient:
        settings = self.settings
        addresses = resolve_allowed(settings.host, settings.port, settings.allowed_private_hosts)
        return connect_checked(
            settings.host, addresses, settings.port, settings.ca_certificate,
            SocketTimeout(connect=min(settings.timeout_seconds, 10), read=settings.timeout_seconds),
        )  # fmt: skip


@contextmanager
def _shut_unless_done(client: CheckedClient) -> Iterator[None]:
    try:
        yield
    except BaseException:
        client.shutdown()
        raise


def _moved(
    position: dict[str, int], refs: Sequence[MessageRef], *, is_last: bool
) -> dict[str, int]:
    """A folder's place once these messages are stored."""
    uids = [_uid(ref) for ref in refs]
    if min(uids) > position["uid"]:
        return position | {"uid": max(uids)}
    if is_last:
        return {name: value for name, value in position.items() if name != "below"}
    return position | {"below": min(uids)}


def _is_read(known: dict[str, int], status: dict[bytes, Any]) -> bool:
    """Whether a folder holds nothing that has not been read: nothing in it has changed
    (RFC 7162), or no UID has been given since."""
    is_known = "uid" in known and known.get("uidvalidity") == status.get(b"UIDVALIDITY")
    if not is_known or "below" in known:
        return False
    modseq = status.get(b"HIGHESTMODSEQ")
    if modseq and known.get("modseq") == modseq:
        return True
    return bool(0 < status.get(b"UIDNEXT", 0) <= known["uid"] + 1)


def _uid(ref: MessageRef) -> int:
    return int(ref.ref.rpartition(":")[2])


def _validity(ref: MessageRef) -> int:
    return int(ref.ref.rsplit(":", 2)[1])


def _in_utc(moment: datetime | None) -> datetime | None:
    """IMAPClient gives INTERNALDATE in this machine's zone and without saying so."""
    return moment.astimezone(UTC) if moment is not None else None
