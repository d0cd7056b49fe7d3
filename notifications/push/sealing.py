"""What a push service gets to see: a sealed message (RFC 8291, in the coding of RFC 8188) and who
sends it (VAPID, RFC 8292). Pure.

Written on `cryptography` alone: see docs/decisions/0013-web-push-without-a-library.md.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import Any, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
POINT_BYTES: Final = 65
AUTH_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_SIZE: Final = 4096
TAG_BYTES: Final = 16
# Push services take 4,096 bytes; messages are filled up to steps, so that the length tells little.
STEP: Final = 512
MOST_TEXT_BYTES: Final = 3_000
LAST_RECORD: Final = b"\x02"


class KeyRefused(ValueError):
    """A key that is none of this curve, or of another length."""


def as_text(raw: bytes) -> str:
    """Base64url without padding, as browsers write keys."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Base64 or base64url, padded or not. Raises KeyRefused."""
    try:
        plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise KeyRefused("not base64") from error


def private_key(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises KeyRefused."""
    try:
        return ec.derive_private_key(int.from_bytes(scalar, "big"), CURVE)
    except ValueError as error:
        raise KeyRefused("no key of P-256") from error


def public_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The uncompressed point of its public key."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def check_keys(receiver: bytes, auth: bytes) -> None:
    """Whether a browser's keys can be used. Raises KeyRefused."""
    _point(receiver)
    if len(auth) != AUTH_BYTES:
        raise KeyRefused("the authentication secret has another length")


def seal(
    text: bytes,
    *,
    receiver: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
    is_padded: bool = True,
) -> bytes:
    """One message that only the browser with these keys can read. Sender key and salt are made
    anew for each. Raises KeyRefused."""
    check_keys(receiver, auth)
    if len(text) > MOST_TEXT_BYTES:
        raise ValueError("A push message must be short.")
    sender = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT_BYTES)
    own = public_bytes(sender)
    shared = sender.exchange(ec.ECDH(), _point(receiver))
    secret = _derived(shared, auth, b"WebPush: info\x00" + receiver + own, 32)
    key = _derived(secret, salt, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(secret, salt, b"Content-Encoding: nonce\x00", 12)
    record = text + LAST_RECORD
    if is_padded:
        record += bytes(-len(record) % STEP)
    header = salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(own)]) + own
    return header + AESGCM(key).encrypt(nonce, record, None)


def authorization(
    key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, expires: int
) -> str:
    """The header that tells the push service who sends: good for its host, until a Unix time."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": contact}
    signed = f"{_json({'typ': 'JWT', 'alg': 'ES256'})}.{_json(claims)}"
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(SHA256())))
    signature = as_text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return f"vapid t={signed}.{signature}, k={as_text(public_bytes(key))}"


def _point(raw: bytes) -> ec.EllipticCurvePublicKey:
    if len(raw) != POINT_BYTES:
        raise KeyRefused("the public key has another length")
    try:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
    except ValueError as error:
        raise KeyRefused("the public key is not on the curve") from error


def _derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(secret)


def _json(value: dict[str, Any]) -> str:
    return as_text(json.dumps(value, separators=(",", ":")).encode())
