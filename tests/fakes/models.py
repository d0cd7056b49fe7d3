"""A server that speaks the OpenAI wire and misbehaves by model name, over real HTTP.

The model's name picks the answer, so that the real client runs unpatched. What it was sent is
kept in `requests`.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {
    "prompt_tokens": 321,
    "completion_tokens": 45,
    "total_tokens": 366,
    "prompt_tokens_details": {"cached_tokens": 128},
    "completion_tokens_details": {"reasoning_tokens": 7},
}


class FakeModels:
    """`answers` maps a model's name to the content that it answers with; names below misbehave."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[str, Callable[[dict[str, Any]], str] | str] = {}
        self.base_url = ""
        self.elsewhere = 0
        self.refuses_fields: set[str] = set()
        self.refuses_formats: dict[str, int] = {}
        self.is_loading = False
        self.api_key = ""


def completion(asked: str, content: Any, **changes: Any) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    message |= changes.pop("message", {})
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": changes.pop("model", asked),
        "choices": [
            {"index": 0, "message": message, "finish_reason": changes.pop("finish", "stop")}
        ],
        "usage": changes.pop("usage", USAGE),
    } | changes


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeModels

    def setup(self) -> None:
        super().setup()
        # Else each answer waits 45 ms for the client's acknowledgement.
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def log_message(self, *args: Any) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.reply(503 if self.fake.is_loading else 200, {"status": "ok"})
        elif self.path == "/v1/models":
            if self.fake.api_key and self.headers["Authorization"] != f"Bearer {self.fake.api_key}":
                self.reply(401, {"error": {"message": "bad key"}})
            else:
                self.reply(200, {"data": [{"id": name} for name in self.fake.answers]})
        else:
            self.fake.elsewhere += 1
            self.reply(404, {})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.fake.requests.append(body)
        self.fake.headers.append(dict(self.headers.items()))
        if self.path != "/v1/chat/completions":
            self.fake.elsewhere += 1
        refused = self.fake.refuses_fields & set(body)
        form = body.get("response_format", {}).get("type", "none")
        if refused:
            self.reply(400, {"error": {"message": f"unknown field {sorted(refused)[0]}"}})
        elif form in self.fake.refuses_formats:
            self.reply(self.fake.refuses_formats[form], {"error": {"message": f"no {form}"}})
        else:
            self.answer(body)

    def answer(self, body: dict[str, Any]) -> None:
        model = body["model"]
        special = getattr(self, f"answer_{model.replace('-', '_')}", None)
        if special is not None:
            special(body)
            return
        content = self.fake.answers.get(model)
        if content is None:
            self.reply(404, {"error": {"message": f"no model {model}"}})
            return
        text = content(body) if callable(content) else content
        self.reply(200, completion(model, text))

    def reply(self, status: int, body: Any, **headers: str) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", headers.pop("content_type", "application/json"))
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("x-request-id", "req-1")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(raw)

    # --- Misbehaviour, by the model's name ------------------------------------------------------

    def answer_fenced(self, body: dict[str, Any]) -> None:
        text = self.fake.answers["good"]
        assert isinstance(text, str)
        self.reply(200, completion("fenced", f"```json\n{text}\n```"))

    def answer_prose(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("prose", "The amount is 12.50 EUR."))

    def answer_off_schema(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("off-schema", '{"amount": 12.5}'))

    def answer_cut_off(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("cut-off", '{"event": "pur', finish="length"))

    def answer_filtered(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("filtered", None, finish="content_filter"))

    def answer_refusing(self, body: dict[str, Any]) -> None:
        message = {"refusal": "I cannot help with that."}
        self.reply(200, completion("refusing", None, message=message))

    def answer_silent(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("silent", ""))

    def answer_impostor(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("impostor", "{}", model="another"))

    def answer_html(self, body: dict[str, Any]) -> None:
        self.reply(200, b"<html>Welcome</html>", content_type="text/html")

    def answer_error_200(self, body: dict[str, Any]) -> None:
        self.reply(200, {"error": {"message": "overloaded"}})

    def answer_broken_json(self, body: dict[str, Any]) -> None:
        self.reply(200, b'{"choices": [{"mess')

    def answer_no_choices(self, body: dict[str, Any]) -> None:
        self.reply(200, completion("no-choices", "") | {"choices": []})

    def answer_odd_usage(self, body: dict[str, Any]) -> None:
        good = self.fake.answers["good"]
        self.reply(200, completion("odd-usage", good, usage={"prompt_tokens": "many"}))

    def answer_rate_limited(self, body: dict[str, Any]) -> None:
        self.reply(429, {"error": {"message": "slow down"}}, Retry_After="7")

    def answer_spent(self, body: dict[str, Any]) -> None:
        error = {"message": "You exceeded your quota", "code": "insufficient_quota"}
        self.reply(429, {"error": error})

    def answer_failing(self, body: dict[str, Any]) -> None:
        self.reply(500, {"error": {"message": "out of memory"}})

    def answer_locked(self, body: dict[str, Any]) -> None:
        self.reply(401, {"error": {"message": "Incorrect API key"}})

    def answer_too_long(self, body: dict[str, Any]) -> None:
        error = {"message": "maximum context length is 4096", "code": "context_length_exceeded"}
        self.reply(400, {"error": error})

    def answer_moved(self, body: dict[str, Any]) -> None:
        self.reply(307, {}, Location=f"{self.fake.base_url}/elsewhere")

    def answer_cut_connection(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b'{"id":')
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def answer_dripping(self, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.05)
        except OSError:
            self.close_connection = True


@contextmanager
def fake_models() -> Iterator[FakeModels]:
    fake = FakeModels()
    handler = type("BoundHandler", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    fake.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
