"""Google's token endpoint and the part of the Gmail API that is used, over real HTTP.

Faults are queued: the next requests answer with them, one each.
"""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

SCOPE = "openid email https://www.googleapis.com/auth/gmail.readonly"


class FakeGmail:
    """One mailbox. Ids grow; the list is newest first."""

    def __init__(self) -> None:
        self.base = ""
        self.messages: dict[str, bytes] = {}
        self.history: list[tuple[int, str]] = []
        self.position = 1000
        self.oldest_history = 0
        self.scope = SCOPE
        self.subject = "subject-1"
        self.address = "ada@gmail.example"
        self.is_revoked = False
        self.gives_refresh_token = True
        self.faults: deque[int | str | None] = deque()
        self.asked: Counter[str] = Counter()
        self.forms: list[dict[str, str]] = []
        self.tokens = 0
        self.repeats_history = False
        self.page_names = 1
        """Another number, and the names of pages that were given out mean nothing any more."""

    def deliver(self, messages: Sequence[bytes]) -> None:
        for raw in messages:
            name = f"{len(self.messages) + 1:012x}"
            self.messages[name] = raw
            self.position += 1
            self.history.append((self.position, name))

    def forget_history(self) -> None:
        self.oldest_history = self.position + 1
        self.position += 5

    @property
    def access_token(self) -> str:
        return f"access-{self.tokens}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeGmail

    def setup(self) -> None:
        super().setup()
        # Else each answer waits 40 ms for the client's acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def reply(self, status: int, body: Any, content_type: str = "application/json") -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(raw)))
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(raw)

    def refuse(self, status: int, reason: str) -> None:
        self.reply(status, problem(status, reason))

    def do_GET(self) -> None:
        if self.is_faulty():
            return
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.reply(*self.answer(parts.path, query, self.headers["Authorization"] or ""))

    def is_faulty(self) -> bool:
        fault = self.fake.faults.popleft() if self.fake.faults else None
        if fault is None:
            return False
        if fault == "cut":
            self.close_connection = True
            self.connection.close()
        elif fault == "limit":
            self.refuse(403, "userRateLimitExceeded")
        else:
            self.refuse(int(fault), "backendError")
        return True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/token":
            self.token({name: values[0] for name, values in parse_qs(body.decode()).items()})
        elif not self.is_faulty():
            self.batch(body)

    def token(self, form: dict[str, str]) -> None:
        fake = self.fake
        fake.forms.append(form)
        if form["client_secret"] != "client-secret":
            self.reply(401, {"error": "invalid_client"})
        elif fake.is_revoked or (form["grant_type"] == "authorization_code"
                                 and form["code"] != "good-code"):  # fmt: skip
            self.reply(400, {"error": "invalid_grant"})
        else:
            fake.tokens += 1
            claims = json.dumps({"sub": fake.subject, "email": fake.address}).encode()
            id_token = b".".join(
                base64.urlsafe_b64encode(part).rstrip(b"=") for part in (b"{}", claims, b"x")
            )
            body = {
                "access_token": fake.access_token, "expires_in": 3600, "scope": fake.scope,
                "id_token": id_token.decode(), "token_type": "Bearer",
            }  # fmt: skip
            if form["grant_type"] == "authorization_code" and fake.gives_refresh_token:
                body["refresh_token"] = "refresh-1"
            self.reply(200, body)

    def answer(self, path: str, query: dict[str, str], authorization: str) -> tuple[int, Any]:
        fake = self.fake
        if authorization != f"Bearer {fake.access_token}" or fake.is_revoked:
            return 401, problem(401, "authError")
        if "gmail" not in fake.scope:
            return 403, problem(403, "insufficientPermissions")
        name = path.removeprefix("/gmail/v1/users/me/")
        fake.asked[name.partition("/")[0]] += 1
        if name == "profile":
            return 200, {"emailAddress": fake.address, "messagesTotal": len(fake.messages),
                         "historyId": str(fake.position)}  # fmt: skip
        if name == "messages":
            if query.get("pageToken", f"{fake.page_names}-").split("-")[0] != f"{fake.page_names}":
                return 400, problem(400, "invalidArgument")
            return 200, listed(fake, query)
        if name == "history":
            return history(fake, query)
        raw = fake.messages.get(name.removeprefix("messages/"))
        if raw is None:
            return 404, problem(404, "notFound")
        return 200, {
            "id": name.removeprefix("messages/"), "internalDate": "1772528400000",
            "sizeEstimate": len(raw), "raw": base64.urlsafe_b64encode(raw).decode(),
        }  # fmt: skip

    def batch(self, body: bytes) -> None:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = []
        inside: Any = BytesParser().parsebytes(head + body).get_payload()
        for part in inside:
            inner = part.get_payload(decode=True)
            target = inner.decode().split()[1]
            split = urlsplit(target)
            query = {name: values[0] for name, values in parse_qs(split.query).items()}
            status, answer = self.answer(split.path, query, self.headers["Authorization"] or "")
            content = json.dumps(answer)
            parts.append(
                f"--batch_x\r\nContent-Type: application/http\r\n"
                f"Content-ID: <response-{part['Content-ID'].strip('<>')}>\r\n\r\n"
                f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(content)}\r\n\r\n{content}\r\n"
            )
        whole = ("".join(parts) + "--batch_x--").encode()
        self.reply(200, whole, 'multipart/mixed; boundary="batch_x"')


def problem(status: int, reason: str) -> dict[str, Any]:
    return {"error": {"code": status, "message": reason, "errors": [{"reason": reason}]}}


def listed(fake: FakeGmail, query: dict[str, str]) -> dict[str, Any]:
    names = sorted(fake.messages, reverse=True)
    start = int(query.get("pageToken", "0-0").split("-")[1])
    size = int(query.get("maxResults", 100))
    page = names[start : start + size]
    answer: dict[str, Any] = {
        "messages": [{"id": name, "threadId": name} for name in page],
        "resultSizeEstimate": len(names),
    }
    if start + size < len(names):
        answer["nextPageToken"] = f"{fake.page_names}-{start + size}"
    return answer


def history(fake: FakeGmail, query: dict[str, str]) -> tuple[int, Any]:
    since = int(query["startHistoryId"])
    if since < fake.oldest_history:
        return 404, problem(404, "notFound")
    found = [(at, name) for at, name in fake.history if at > since]
    if fake.repeats_history:
        found = [item for item in found for _ in range(2)]
    start = int(query.get("pageToken", 0))
    answer: dict[str, Any] = {
        "history": [
            {"id": str(at), "messagesAdded": [{"message": {"id": name}}]}
            for at, name in found[start : start + 100]
        ],
        "historyId": str(fake.position),
    }
    if start + 100 < len(found):
        answer["nextPageToken"] = str(start + 100)
    return 200, answer


@contextmanager
def fake_gmail() -> Iterator[FakeGmail]:
    fake = FakeGmail()
    handler = type("BoundHandler", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.base = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
