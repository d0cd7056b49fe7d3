"""A push service and the browser behind it, over real HTTP: it checks who sends, and opens what it
is sent with the subscription's private key. Written from RFC 8188, 8291 and 8292, not from ours."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """One subscription: its address and its keys."""

    def __init__(self, host: str, name: str) -> None:
        self.endpoint = f"{host}/push/{name}"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    @property
    def point(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def as_json(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()`."""
        keys = {"p256dh": text(self.point), "auth": text(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    def open(self, body: bytes) -> bytes:
        """RFC 8291, section 3.4, with HKDF spelled out."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        sender, record = body[21 : 21 + length], body[21 + length :]
        assert len(record) <= size, "one record"
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
        shared = self.key.exchange(ec.ECDH(), point)
        pseudo = _hmac(self.auth, shared)
        secret = _hmac(pseudo, b"WebPush: info\0" + self.point + sender + b"\x01")
        pseudo = _hmac(salt, secret)
        key = _hmac(pseudo, b"Content-Encoding: aes128gcm\0\x01")[:16]
        nonce = _hmac(pseudo, b"Content-Encoding: nonce\0\x01")[:12]
        padded = AESGCM(key).decrypt(nonce, record, None).rstrip(b"\0")
        assert padded[-1:] == b"\x02", "the last record"
        return padded[:-1]


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, hashlib.sha256).digest()


class PushService:
    def __init__(self, host: str) -> None:
        self.host = host
        self.browsers: dict[str, Browser] = {}
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        # What it answers next, by path, each with further headers; 201 when there is nothing.
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}

    def browser(self, name: str) -> Browser:
        found = Browser(self.host, name)
        self.browsers[f"/push/{name}"] = found
        return found

    def said(self) -> list[dict[str, Any]]:
        """Every message, as the browsers read it."""
        return [
            json.loads(self.browsers[path].open(body)) for path, _, body in self.requests
        ]  # fmt: skip

    def sender_of(self, headers: dict[str, str]) -> tuple[str, dict[str, Any]]:
        """The key and the claims of a request, after checking its signature (RFC 8292)."""
        scheme, _, rest = headers["Authorization"].partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
        claims = jwt.decode(parts["t"], key, algorithms=["ES256"], audience=self.host)
        return parts["k"], claims


class Handler(BaseHTTPRequestHandler):
    service: PushService

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.service.requests.append((self.path, dict(self.headers), body))
        answers = self.service.answers.get(self.path)
        status, headers = answers.pop(0) if answers else (201, {})
        self.send_response(status)
        for name, value in {"Content-Length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def push_service() -> Iterator[PushService]:
    handler = type("PushHandler", (Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found = PushService(f"http://127.0.0.1:{server.server_address[1]}")
        handler.service = found  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
