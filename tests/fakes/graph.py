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
from urllib.parse import parse_qs, quote, unquote, urlsplit

PAGE = 100


INBOX = "AQMkInbox="
ROOT = "AQMkRoot="


class FakeGraph:
    """One mailbox with an inbox; `folders` has more, by id, with names and parents."""

    def __init__(self) -> None:
        self.base = ""
        self.messages: dict[str, bytes] = {}
        self.places: dict[str, str] = {}
        self.folders = {ROOT: ("Top of Information Store", ""), INBOX: ("Inbox", ROOT)}
        self.well_known = {"msgfolderroot": ROOT, "inbox": INBOX}
        self.generation = 1
        self.forgets_everything = False
        self.scope = "openid email profile Mail.Read"
        self.is_revoked = False
        self.faults: deque[int | str | None] = deque()
        self.tokens = 0
        self.subject = "oid-1"
        self.address = "ada@outlook.example"

    def deliver(self, messages: Sequence[bytes], folder: str = INBOX) -> None:
        for raw in messages:
            name = f"AAMk{len(self.messages) + 1:06}="
            self.messages[name], self.places[name] = raw, folder

    def named(self, folder: str) -> list[str]:
        """The ids of a folder's messages."""
        return [name for name in self.messages if self.places[name] == folder]

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
        match parts.path.removeprefix("/v1.0/me/").split("/"):
            case ["messages", name, "$value"]:
                raw = fake.messages.get(unquote(name))
                self.reply(200, raw) if raw is not None else self.reply(404, {})
            case ["mailFolders", "delta"]:
                self.all_folders(query)
            case ["mailFolders", segment, *rest]:
                name = unquote(segment)
                folder = fake.well_known.get(name, name)
                known = folder in fake.folders
                self.folder(folder, rest, query) if known else self.reply(404, {})
            case _:
                self.reply(404, {})

    def all_folders(self, query: dict[str, str]) -> None:
        """Two a page, to be sure that pages are followed."""
        first = int(query.get("skip", "0"))
        listed = [
            {"id": folder, "displayName": name, "parentFolderId": parent}
            for folder, (name, parent) in self.fake.folders.items()
        ]
        link = f"{self.fake.base}/v1.0/me/mailFolders/delta?skip={first + 2}"
        more = {"@odata.nextLink": link} if first + 2 < len(listed) else {}
        self.reply(200, {"value": listed[first : first + 2]} | more)

    def folder(self, folder: str, rest: list[str], query: dict[str, str]) -> None:
        names = self.fake.named(folder)
        match rest:
            case []:
                name = self.fake.folders[folder][0]
                self.reply(200, {"id": folder, "displayName": name, "totalItemCount": len(names)})
            case ["messages"]:
                self.reply(200, {"value": [{"id": name} for name in names]})
            case ["messages", "delta"]:
                self.delta(folder, query)
            case _:
                self.reply(404, {})

    def delta(self, folder: str, query: dict[str, str]) -> None:
        fake = self.fake
        generation, known, skip, first = (
            int(part) for part in query.get("t", f"{fake.generation}-0-0-1").split("-")
        )
        if generation != fake.generation or fake.forgets_everything:
            self.reply(410, {"error": {"code": "syncStateNotFound"}})
            return
        there = fake.named(folder)
        names = there[known:]
        names = names[::-1] if first else names
        page = names[skip : skip + PAGE]
        value: list[dict[str, Any]] = [{"id": name} for name in page]
        if not first:
            value.append({"id": "gone", "@removed": {"reason": "deleted"}})
        answer: dict[str, Any] = {"value": value}
        link = f"{fake.base}/v1.0/me/mailFolders/{quote(folder)}/messages/delta?t={generation}"
        if skip + PAGE < len(names):
            answer["@odata.nextLink"] = f"{link}-{known}-{skip + PAGE}-{first}"
        else:
            answer["@odata.deltaLink"] = f"{link}-{len(there)}-0-0"
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
