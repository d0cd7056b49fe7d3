"""Gmail by its API, read-only. Pure.

First the whole list, newest first; then what the history adds. The history's position is taken
before the list, so that nothing falls between. A position that Gmail has forgotten (404) leads to
a list of what came since, which is recognised by its ids.

Cursor: `{"history": id, "at": ISO instant}` once listed, with `"page"` while a list is under way.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import google_auth_httplib2
import httplib2
from google.auth.exceptions import RefreshError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build
from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest

from mail_ingest.providers.base import (
    HEAD_BYTES,
    MAX_MESSAGE_BYTES,
    PAGE_MESSAGES,
    CheckResult,
    Cursor,
    FetchedMessage,
    MessageRef,
    Page,
    ProviderRefused,
    ProviderUnavailable,
)
from mail_ingest.providers.rate import Rate, TokenBucket
from mail_ingest.providers.tokens import ReconnectNeeded, TokenSource
from tenancy.wording import worded

SCOPE: Final = "https://www.googleapis.com/auth/gmail.readonly"
ENDPOINT: Final = "https://gmail.googleapis.com"
FOLDER: Final = "Gmail"
# Few at once: each may hold 25 MB and more.
MESSAGES_AT_ONCE: Final = 10
# Quota units by method, for projects made since 1 May 2026 (Gmail API usage limits).
UNITS: Final = {"profile": 1, "list": 5, "history": 2, "get": 20}
# A list after a lost position begins a day early: clocks differ, and what is known costs nothing.
OVERLAP: Final = timedelta(days=1)
_LIMITS: Final = frozenset(
    {"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"}
)


@dataclass(frozen=True, slots=True)
class GmailSettings:
    """How to reach a mailbox. `rate` is one that is shared with other processes."""

    tokens: TokenSource
    endpoint: str = ENDPOINT
    units_per_minute: float = 4_800
    timeout_seconds: float = 30
    rate: Rate | None = None


class GmailProvider:
    """See EmailProvider."""

    def __init__(self, settings: GmailSettings) -> None:
        self.settings = settings
        self._bucket = settings.rate or TokenBucket(settings.units_per_minute)
        self._service: Any = None
        self._http: Any = None

    def check(self) -> CheckResult:
        profile = self._profile()
        return CheckResult({FOLDER: int(profile.get("messagesTotal", 0))})

    def list_new(self, cursor: Cursor) -> Iterator[Page]:
        if "history" in cursor and "page" not in cursor:
            pages = self._history(cursor)
        else:
            pages = self._listed(cursor)
        yield from pages

    def list_between(self, since: date | None, until: date | None) -> Iterator[Page]:
        terms = []
        if since is not None:
            terms.append(f"after:{_seconds(since)}")
        if until is not None:
            terms.append(f"before:{_seconds(until + timedelta(days=1))}")
        token: str | None = ""
        done = 0
        while token is not None:
            refs, token, total = self._list(" ".join(terms), token)
            done += len(refs)
            if refs:
                yield Page(refs, {}, done, max(done, total))

    def fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        for start in range(0, len(refs), MESSAGES_AT_ONCE):
            yield from self._fetch(refs[start : start + MESSAGES_AT_ONCE])

    def close(self) -> None:
        http, self._http, self._service = self._http, None, None
        if http is not None:
            http.close()

    def _listed(self, cursor: Cursor) -> Iterator[Page]:
        """Everything, or what came after `cursor["after"]`, from the page where it was left."""
        if "history" not in cursor:
            now = datetime.now(UTC).isoformat()
            start = str(self._profile()["historyId"])
            cursor = {"history": start, "at": now, "page": "", "done": 0}
        token, done = cursor["page"], int(cursor.get("done", 0))
        while token is not None:
            try:
                refs, token, total = self._list(cursor.get("after", ""), token)
            except _Rejected:
                if not token:
                    raise
                # The page's name has run out. What is stored already is recognised.
                token, done = "", 0
                continue
            done += len(refs)
            reached = {"history": cursor["history"], "at": cursor["at"]}
            if token is not None:
                reached = cursor | {"page": token, "done": done}
            if refs or token is None:
                yield Page(refs, reached, done, max(done, total))

    def _history(self, cursor: Cursor) -> Iterator[Page]:
        now = datetime.now(UTC).isoformat()
        token: str | None = ""
        seen: set[str] = set()
        while token is not None:
            try:
                answer = self._call(
                    "history",
                    self._messages_api().history().list(
                        userId="me", startHistoryId=cursor["history"],
                        historyTypes="messageAdded", pageToken=token or None,
                    ),
                )  # fmt: skip
            except _Forgotten:
                yield from self._listed(self._start_over(cursor))
                return
            added = [
                item["message"]["id"]
                for record in answer.get("history", ())
                for item in record.get("messagesAdded", ())
            ]
            refs = [_ref(name) for name in dict.fromkeys(added) if name not in seen]
            seen.update(added)
            token = answer.get("nextPageToken")
            newest = str(answer.get("historyId", cursor["history"]))
            # A page in between keeps the old position: only the last one covers all of them.
            reached = cursor if token is not None else {"history": newest, "at": now}
            if not refs and token is None and newest != cursor["history"]:
                yield Page((), reached, len(seen), len(seen))
            for start in range(0, len(refs), PAGE_MESSAGES):
                part = tuple(refs[start : start + PAGE_MESSAGES])
                is_last = start + PAGE_MESSAGES >= len(refs)
                yield Page(part, reached if is_last else cursor, len(seen), len(seen))

    def _start_over(self, cursor: Cursor) -> Cursor:
        since = datetime.fromisoformat(cursor["at"]) - OVERLAP
        return {
            "history": str(self._profile()["historyId"]),
            "at": datetime.now(UTC).isoformat(),
            "after": f"after:{int(since.timestamp())}",
            "page": "",
            "done": 0,
        }

    def _list(self, query: str, token: str) -> tuple[tuple[MessageRef, ...], str | None, int]:
        answer = self._call(
            "list",
            self._messages_api().messages().list(
                userId="me", maxResults=PAGE_MESSAGES, pageToken=token or None, q=query or None,
                includeSpamTrash=False,
            ),
        )  # fmt: skip
        refs = tuple(_ref(item["id"]) for item in answer.get("messages", ()))
        return refs, answer.get("nextPageToken"), int(answer.get("resultSizeEstimate", 0))

    def _fetch(self, refs: Sequence[MessageRef]) -> Iterator[FetchedMessage]:
        answers: dict[str, Any] = {}
        failed: list[Exception] = []

        def answered(name: str, answer: Any, error: Exception | None) -> None:
            if error is None:
                answers[name] = answer
            elif not (isinstance(error, HttpError) and error.resp.status == 404):
                failed.append(error)

        # The SDK's own batch forgets the endpoint that it was built for.
        batch = BatchHttpRequest(
            callback=answered, batch_uri=f"{self.settings.endpoint}/batch/gmail/v1"
        )
        for ref in refs:
            batch.add(
                self._messages_api().messages().get(userId="me", id=ref.ref, format="raw"),
                request_id=ref.ref,
            )
        self._bucket.take(UNITS["get"] * len(refs))
        with self._talking():
            batch.execute(http=self._connection())
            if failed:
                raise failed[0]
        for ref in refs:
            if ref.ref in answers:
                yield _message(ref, answers.pop(ref.ref))

    def _profile(self) -> dict[str, Any]:
        profile: dict[str, Any] = self._call(
            "profile", self._messages_api().getProfile(userId="me")
        )
        return profile

    def _messages_api(self) -> Any:
        if self._service is None:
            with self._talking():
                self._service = build(
                    "gmail", "v1", static_discovery=True, cache_discovery=False,
                    http=self._connection(),
                    client_options={"api_endpoint": self.settings.endpoint},
                )  # fmt: skip
        return self._service.users()

    def _connection(self) -> Any:
        token = self.settings.tokens.access_token()
        if self._http is None or self._http.credentials.token != token:
            self._http = google_auth_httplib2.AuthorizedHttp(
                # Without a refresh token the library leaves renewing to us.
                Credentials(token=token),  # type: ignore[no-untyped-call]
                http=httplib2.Http(timeout=self.settings.timeout_seconds),
            )
        return self._http

    def _call(self, method: str, request: Any) -> dict[str, Any]:
        self._bucket.take(UNITS[method])
        with self._talking():
            answer: dict[str, Any] = request.execute(http=self._connection(), num_retries=0)
            return answer

    @contextmanager
    def _talking(self) -> Iterator[None]:
        """What goes wrong, in words for a person."""
        try:
            yield
        except HttpError as error:
            raise _refusal(error) from error
        except (ReconnectNeeded, ProviderRefused, ProviderUnavailable):
            raise
        except RefreshError as error:
            # 401: a token that was withdrawn before its time. A new one, or the reason why not.
            self.settings.tokens.access_token(renew=True)
            raise ProviderUnavailable(worded("Gmail asked for a new access token.")) from error
        except Exception as error:
            # httplib2, google-auth and the batch parser each raise their own for a broken line.
            raise ProviderUnavailable(
                worded("The connection to Gmail broke off (%(kind)s).", kind=type(error).__name__)
            ) from error


class _Forgotten(ProviderUnavailable):
    """404: Gmail has no such message or position any more."""


class _Rejected(ProviderUnavailable):
    """400: a part of the request means nothing to Gmail any more."""


def _refusal(error: HttpError) -> Exception:
    status, reasons = int(error.resp.status), _reasons(error)
    wait = error.resp.get("retry-after", "")
    seconds = int(wait) if str(wait).isdigit() else None
    if status == 400:
        return _Rejected(worded("Gmail did not understand a request."))
    if status == 404:
        return _Forgotten(worded("Gmail does not know this any more."))
    if status == 429 or (status == 403 and reasons & _LIMITS):
        message = worded("Gmail asks to slow down; it goes on by itself.")
        return ProviderUnavailable(message, retry_after_seconds=seconds or 60)
    if status == 401:
        return ReconnectNeeded(worded("Gmail no longer accepts the permission. Connect it again."))
    if status == 403:
        return ReconnectNeeded(
            worded(
                "Google does not let Inledger read this mailbox: the permission to read messages"
                " was not given, or the Gmail API is not switched on for the operator's project."
            )
        )
    return ProviderUnavailable(
        worded("Gmail answered with an error (status %(status)s).", status=status),
        retry_after_seconds=seconds,
    )


def _reasons(error: HttpError) -> set[str]:
    try:
        body = json.loads(error.content)["error"]
        return {str(item.get("reason")) for item in body.get("errors", ())}
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _ref(name: str) -> MessageRef:
    """Gmail lists no sizes."""
    return MessageRef(name, FOLDER, 0)


def _message(ref: MessageRef, answer: dict[str, Any]) -> FetchedMessage:
    raw = base64.urlsafe_b64decode(answer["raw"] + "==")
    moment = datetime.fromtimestamp(int(answer["internalDate"]) / 1000, UTC)
    sized = replace(ref, size=len(raw))
    if len(raw) <= MAX_MESSAGE_BYTES:
        return FetchedMessage(sized, raw, received_at=moment)
    return FetchedMessage(sized, raw[:HEAD_BYTES], is_truncated=True, received_at=moment)


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
