"""A program that takes webhooks, over real HTTP. `answers` are the statuses that it gives, in turn;
after the last it says 204."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self, url: str) -> None:
        self.url = url
        self.received: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []


class Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.receiver.received.append((dict(self.headers), body))
        status = self.receiver.answers.pop(0) if self.receiver.answers else 204
        self.send_response(status)
        if status in (301, 302):
            self.send_header("Location", f"{self.receiver.url}elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def receiver() -> Iterator[Receiver]:
    handler = type("ReceiverHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook?k=v")
        handler.receiver = found  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
