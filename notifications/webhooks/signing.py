"""Signed requests, as the receiver checks them. Pure.

`Inledger-Signature: t=<unix seconds>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>` by the webhook's
secret. The receiver computes it over the bytes as they came, compares in constant time, and refuses
what is older than some minutes, so that a request that was overheard cannot be sent again.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Final

SIGNATURE: Final = "Inledger-Signature"
PREFIX: Final = "whsec_"
TOLERANCE_SECONDS: Final = 300


def new_secret() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def signature(secret: str, body: bytes, at: int) -> str:
    """The header's value for a body sent at a time, in Unix seconds."""
    return f"t={at},v1={_digest(secret, body, at)}"


def is_signed(secret: str, body: bytes, header: str, now: int) -> bool:
    """Whether a request is genuine and fresh: what a receiver does."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    at = parts.get("t", "")
    if not at.isdecimal() or abs(now - int(at)) > TOLERANCE_SECONDS:
        return False
    return hmac.compare_digest(_digest(secret, body, int(at)), parts.get("v1", ""))


def _digest(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
