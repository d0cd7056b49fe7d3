"""Microsoft's token endpoint and the part of Microsoft Graph that is used, over real HTTP."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PAGE = 100


class FakeGraph:
    """One mailbox with an inbox."""

    def __init__(self) -> None:
        self.base = ""
        self.messages: dict[str, bytes] = {}
        self.generation = 1
        self.forgets_everything = False
        self.scope = "openid email profile Mail.Read"
        self.is_revoked = False
        self.faults: deque[int | str | None] = deque()
        self.tokens = 0
        self.subject = "oid-1"
        self.address = "ada@outlook.example"

    def deliver(self, messages: Sequence[bytes]) -> None:
        for raw in messages:
            self.messages[f"AAMk{len(self.messages) + 1:06}="] = raw

    def expire(self) -> None:
        """Delta links of before are too old."""
        self.generation += 1

    @property
    def access_token(self) -> str:
        return f"graph-{self.tokens}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeGraph

    def setup(self) -> None:
        super().setup()
        # Else each answer waits 40 ms for the client's acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def reply(self, status: int, body: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        if status in (429, 503):
            self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(raw)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if self.fake.is_revoked:
            self.reply(400, {"error": "invalid_grant"})
            return
        self.fake.tokens += 1
        claims = json.dumps({"sub": self.fake.subject, "preferred_username": self.fake.address})
        id_token = "e30." + base64.urlsafe_b64encode(claims.encode()).decode().rstrip("=") + ".x"
        answer = {
            "access_token": self.fake.access_token, "expires_in": 3600, "scope": self.fake.scope,
            "refresh_token": f"rotated-{self.fake.tokens}", "id_token": id_token,
        }  # fmt: skip
        assert form["client_id"]
        self.reply(200, answer)

    def do_GET(self) -> None:
        fake = self.fake
        if self.path.startswith("/tokeninfo?access_token="):
            is_good = unquote(self.path.partition("=")[2]) == fake.access_token
            is_good = is_good and not fake.is_revoked
            self.reply(200, {"email": fake.address}) if is_good else self.reply(401, {})
            return
        fault = fake.faults.popleft() if fake.faults else None
        if fault == "cut":
            self.close_connection = True
            self.connection.close()
            return
        if fault is not None:
            self.reply(int(fault), {"error": {"code": "x"}})
            return
        if self.headers["Authorization"] != f"Bearer {fake.access_token}" or fake.is_revoked:
            self.reply(401, {"error": {"code": "InvalidAuthenticationToken"}})
            return
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/v1.0/me/mailFolders/inbox":
            self.reply(200, {"displayName": "Inbox", "totalItemCount": len(fake.messages)})
        elif parts.path == "/v1.0/me/mailFolders/inbox/messages/delta":
            self.delta(query)
        elif parts.path == "/v1.0/me/mailFolders/inbox/messages":
            self.reply(200, {"value": [{"id": name} for name in fake.messages]})
        elif parts.path.endswith("/$value"):
            raw = fake.messages.get(unquote(parts.path.split("/")[-2]))
            self.reply(200, raw) if raw is not None else self.reply(404, {})
        else:
            self.reply(404, {})

    def delta(self, query: dict[str, str]) -> None:
        fake = self.fake
        generation, known, skip, first = (
            int(part) for part in query.get("t", f"{fake.generation}-0-0-1").split("-")
        )
        if generation != fake.generation or fake.forgets_everything:
            self.reply(410, {"error": {"code": "syncStateNotFound"}})
            return
        names = list(fake.messages)[known:]
        names = names[::-1] if first else names
        page = names[skip : skip + PAGE]
        value: list[dict[str, Any]] = [{"id": name} for name in page]
        if not first:
            value.append({"id": "gone", "@removed": {"reason": "deleted"}})
        answer: dict[str, Any] = {"value": value}
        link = f"{fake.base}/v1.0/me/mailFolders/inbox/messages/delta?t={generation}"
        if skip + PAGE < len(names):
            answer["@odata.nextLink"] = f"{link}-{known}-{skip + PAGE}-{first}"
        else:
            answer["@odata.deltaLink"] = f"{link}-{len(fake.messages)}-0-0"
        self.reply(200, answer)


@contextmanager
def fake_graph() -> Iterator[FakeGraph]:
    fake = FakeGraph()
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
