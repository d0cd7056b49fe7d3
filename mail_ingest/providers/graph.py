"""Outlook and Microsoft 365 by Microsoft Graph, read-only. Pure.

Each folder is followed by a delta query: its first round lists everything, newest first, later
rounds what has come. An expired link (410) starts the folder over; what is stored is recognised by
its id.

Folders are known by their ids, which stay when they are renamed; the inbox by its well-known name.

Cursor: `{folder: link}`, the link to ask next.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import requests

from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    PAGE_MESSAGES,
    CheckResult,
    Cursor,
    FetchedMessage,
    Folder,
    MessageRef,
    Page,
    ProviderRefused,
    ProviderUnavailable,
)
from mail_ingest.providers.graph_folders import ROLES, ROOT, USUAL, choices, labels_of
from mail_ingest.providers.rate import Rate, TokenBucket
from mail_ingest.providers.tokens import ReconnectNeeded, TokenSource
from tenancy.wording import worded

SCOPE: Final = "Mail.Read"
ENDPOINT: Final = "https://graph.microsoft.com/v1.0"
FOLDERS_AT_ONCE: Final = 250
FIELDS: Final = "id,receivedDateTime"
CHUNK: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """How to reach a mailbox. `requests_per_minute` stays below Graph's 10,000 in
    ten minutes; `rate` is one that is shared with other processes."""

    tokens: TokenSource
    folders: tuple[str, ...] = USUAL
    endpoint: str = ENDPOINT
    requests_per_minute: float = 600
    timeout_seconds: float = 30
    rate: Rate | None = None


class GraphProvider:
    """See FolderedProvider."""

    def __init__(self, settings: GraphSettings) -> None:
        self.settings = settings
        self.notice = ""
        self._bucket = settings.rate or TokenBucket(settings.requests_per_minute)
        self._session: requests.Session | None = None

    def check(self) -> CheckResult:
        counts = {}
        for folder in self.settings.folders:
            found = self._get(f"{self._folder(folder)}?$select=displayName,totalItemCount")
            counts[str(found.get("displayName", folder))] = int(found.get("totalItemCount", 0))
        return CheckResult(counts)

    def folders(self) -> tuple[Folder, ...]:
        known = {name: found for name in ROLES if (found := self._id_of(name))}
        return choices(self._labels(), known)

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        reached = dict(cursor)
        for folder, label in self._chosen().items():
            link = reached.get(folder) or self._first_link(folder)
            done = 0
            while link:
                try:
                    answer = self._get(link)
                except _Expired:
                    if link == self._first_link(folder):
                        raise  # what has just begun cannot be too old
                    link = self._first_link(folder)
                    continue
                refs = _refs(answer, label)
                done += len(refs)
                following = answer.get("@odata.nextLink")
                reached = reached | {folder: following or answer.get("@odata.deltaLink", link)}
                if refs or (not following and reached.get(folder) != cursor.get(folder)):
                    yield Page(refs, reached, done, done)
                link = following

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        terms = []
        if since is not None:
            terms.append(f"receivedDateTime ge {since.isoformat()}T00:00:00Z")
        if until is not None:
            day = until + timedelta(days=1)
            terms.append(f"receivedDateTime lt {day.isoformat()}T00:00:00Z")
        for folder, label in self._chosen().items():
            query = f"$select={FIELDS}&$top={PAGE_MESSAGES}&$orderby=receivedDateTime desc"
            if terms:
                query += f"&$filter={quote(' and '.join(terms))}"
            link: str | None = f"{self._folder(folder)}/messages?{query}"
            done = 0
            while link:
                answer = self._get(link)
                refs = _refs(answer, label)
                done += len(refs)
                if refs:
                    yield Page(refs, {}, done, done)
                link = answer.get("@odata.nextLink")

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        for ref in refs:
            message = self._message(ref)
            if message is not None:
                yield message

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _chosen(self) -> dict[str, str]:
        """The folders to read, with what a person calls them. One that has gone is told of in
        `notice` while the others are read. Raises ProviderRefused where none is left."""
        chosen = self.settings.folders
        if set(chosen) <= set(USUAL):
            return {folder: folder for folder in chosen}
        labels = self._labels() | {name: name for name in USUAL}
        found = {folder: labels[folder] for folder in chosen if folder in labels}
        if gone := len(chosen) - len(found):
            self.notice = worded(
                "%(count)s of the chosen folders are not in this mailbox any more: choose the"
                " folders again.",
                count=gone,
            )
        if not found:
            raise ProviderRefused(self.notice)
        return found

    def _labels(self) -> dict[str, str]:
        """Of all folders, at any depth."""
        link: str | None = (
            f"{self.settings.endpoint}/me/mailFolders/delta?$select=displayName,parentFolderId"
            f"&$top={FOLDERS_AT_ONCE}"
        )
        items: list[dict[str, Any]] = []
        while link:
            answer = self._get(link)
            items += answer.get("value", ())
            link = answer.get("@odata.nextLink")
        return labels_of(items, self._id_of(ROOT))

    def _id_of(self, name: str) -> str | None:
        """Of a folder with a well-known name; None for one that this mailbox has not."""
        try:
            with self._asked(f"{self._folder(name)}?$select=id") as reply:
                return str(reply.json()["id"])
        except _Gone:
            return None
        except (ValueError, KeyError, requests.RequestException) as error:
            raise ProviderUnavailable(worded("Outlook's answer broke off.")) from error

    def _folder(self, name: str) -> str:
        return f"{self.settings.endpoint}/me/mailFolders/{quote(name, safe='')}"

    def _first_link(self, folder: str) -> str:
        return (
            f"{self._folder(folder)}/messages/delta?changeType=created&$select={FIELDS}"
            "&$orderby=receivedDateTime desc"
        )

    def _message(self, ref: MessageRef) -> FetchedMessage | None:
        """The raw bytes, read only as far as they are kept."""
        link = f"{self.settings.endpoint}/me/messages/{quote(ref.ref, safe='')}/$value"
        try:
            with self._asked(link, stream=True) as reply:
                raw = bytearray()
                for chunk in reply.iter_content(CHUNK):
                    raw += chunk
                    if len(raw) > MAX_MESSAGE_BYTES:
                        break  # the head is kept; the rest is not asked for
                declared = reply.headers.get("Content-Length", "")
                size = max(len(raw), int(declared) if declared.isdigit() else 0)
        except _Gone:
            return None
        except requests.RequestException as error:
            raise ProviderUnavailable(worded("The connection to Outlook broke off.")) from error
        sized = replace(ref, size=size)
        if size <= MAX_MESSAGE_BYTES:
            return FetchedMessage(sized, bytes(raw))
        return FetchedMessage(sized, bytes(raw[:HEAD_BYTES]), is_truncated=True)

    def _get(self, link: str) -> dict[str, Any]:
        try:
            with self._asked(link) as reply:
                answer: dict[str, Any] = reply.json()
                return answer
        except _Gone as error:
            raise ProviderRefused(
                worded("Outlook has no such folder any more: choose the folders again.")
            ) from error
        except (ValueError, requests.RequestException) as error:
            raise ProviderUnavailable(worded("Outlook's answer broke off.")) from error

    def _asked(self, link: str, *, stream: bool = False) -> requests.Response:
        """A reply with status 200. A link that came from the server stays with that server: it
        gets the person's token."""
        if urlsplit(link)[:2] != urlsplit(self.settings.endpoint)[:2]:
            raise ProviderRefused(worded("Outlook's answer points to another server."))
        self._bucket.take(1)
        reply = self._send(link, self.settings.tokens.access_token(), stream=stream)
        if reply.status_code == 401:
            reply.close()
            token = self.settings.tokens.access_token(renew=True)
            reply = self._send(link, token, stream=stream)
        if reply.status_code != 200:
            with reply:
                raise _refusal(reply)
        return reply

    def _send(self, link: str, token: str, *, stream: bool) -> requests.Response:
        if self._session is None:
            self._session = requests.Session()
            # Nothing of the environment: neither proxies nor another's credentials.
            self._session.trust_env = False
        headers = {
            "Authorization": f"Bearer {token}",
            # Ids that stay the same when a message is moved.
            "Prefer": f'IdType="ImmutableId", odata.maxpagesize={PAGE_MESSAGES}',
        }
        try:
            return self._session.get(
                link, headers=headers, stream=stream, allow_redirects=False,
                timeout=self.settings.timeout_seconds,
            )  # fmt: skip
        except requests.RequestException as error:
            raise ProviderUnavailable(worded("The connection to Outlook broke off.")) from error


class _Expired(ProviderUnavailable):
    """410: the delta link is too old."""


class _Gone(ProviderUnavailable):
    """404."""


def _refusal(reply: requests.Response) -> Exception:
    wait = reply.headers.get("Retry-After", "")
    seconds = int(wait) if wait.isdigit() else None
    if reply.status_code == 410:
        return _Expired(worded("Outlook has forgotten how far this folder was read."))
    if reply.status_code == 404:
        return _Gone(worded("Outlook does not know this any more."))
    if reply.status_code == 429:
        message = worded("Outlook asks to slow down; it goes on by itself.")
        return ProviderUnavailable(message, retry_after_seconds=seconds or 60)
    if reply.status_code == 401:
        return ReconnectNeeded(
            worded("Outlook no longer accepts the permission. Connect it again.")
        )
    if reply.status_code == 403:
        return ReconnectNeeded(
            worded(
                "Microsoft does not let Inledger read this mailbox: the permission to read"
                " messages was not given, or an administrator has to allow it."
            )
        )
    return ProviderUnavailable(
        worded("Outlook answered with an error (status %(status)s).", status=reply.status_code),
        retry_after_seconds=seconds,
    )


def _refs(answer: dict[str, Any], folder: str) -> tuple[MessageRef, ...]:
    """What a page names, without what was deleted."""
    return tuple(
        MessageRef(str(item["id"]), folder, 0)
        for item in answer.get("value", ())
        if "@removed" not in item
    )
