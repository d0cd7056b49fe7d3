"""Encrypting single fields (mailbox passwords, account numbers), and looking them up.

AES-256-GCM whose associated data names the place of the value, so that a ciphertext copied to
another tenant, field or row does not decrypt. The key id in front lets keys rotate: the first of
`settings.FIELD_KEYS` encrypts, every listed one decrypts. Per-tenant keys are derived (HKDF,
RFC 5869), so no key ever comes near the number of random nonces that NIST SP 800-38D allows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import uuid
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12


class DecryptionError(ValueError):
    """A stored value does not decrypt: its key is not listed, or it was changed or moved."""


def new_field_key(key_id: str) -> str:
    """A fresh entry for FIELD_KEYS."""
    return f"{key_id}:{base64.b64encode(os.urandom(KEY_BYTES)).decode()}"


def newest_key_id() -> str:
    """The id of the key that encrypts."""
    return next(iter(_keys(settings.FIELD_KEYS)))


def encrypt(text: str, *, tenant_id: uuid.UUID, field: str, pk: uuid.UUID) -> str:
    """`<key id>:<base64url>` of the text. `field` is "model.field"; the row's id must be known."""
    key_id, key = next(iter(_keys(settings.FIELD_KEYS).items()))
    nonce = os.urandom(NONCE_BYTES)
    cipher = AESGCM(_derived(key, f"encrypt:{tenant_id}"))
    sealed = cipher.encrypt(nonce, text.encode(), _place(tenant_id, field, pk))
    return f"{key_id}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt(sealed: str, *, tenant_id: uuid.UUID, field: str, pk: uuid.UUID) -> str:
    """The text that `encrypt` was given for the same place. Raises DecryptionError."""
    key_id, _, body = sealed.partition(":")
    key = _keys(settings.FIELD_KEYS).get(key_id)
    if key is None:
        raise DecryptionError(
            f"A value of {field} was encrypted with the key “{key_id}”, which FIELD_KEYS does not"
            " list. Add that key behind the newest one."
        )
    try:
        raw = base64.urlsafe_b64decode(body)
        cipher = AESGCM(_derived(key, f"encrypt:{tenant_id}"))
        place = _place(tenant_id, field, pk)
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], place).decode()
    except (binascii.Error, InvalidTag, ValueError) as error:
        raise DecryptionError(
            f"A value of {field} does not decrypt: it was damaged, or belongs to another row."
        ) from error


def blind_index(text: str, *, tenant_id: uuid.UUID, field: str) -> str:
    """What finds an encrypted value again without telling it: HMAC-SHA256 in hex (64 characters),
    by a key of this tenant and field. Normalise the text first."""
    return blind_indexes(text, tenant_id=tenant_id, field=field)[0]


def blind_indexes(text: str, *, tenant_id: uuid.UUID, field: str) -> list[str]:
    """The index by every listed key, newest first: look up with these while keys rotate."""
    return [
        hmac.new(_derived(key, f"index:{tenant_id}:{field}"), text.encode(), hashlib.sha256)
        .digest()
        .hex()
        for key in _keys(settings.FIELD_KEYS).values()
    ]


def _place(tenant_id: uuid.UUID, field: str, pk: uuid.UUID) -> bytes:
    return f"{tenant_id}:{field}:{pk}".encode()


@lru_cache(maxsize=4096)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


@lru_cache(maxsize=8)
def _keys(listed: str) -> dict[str, bytes]:
    """FIELD_KEYS by id, newest first. Raises ImproperlyConfigured, never naming a key's bytes."""
    keys: dict[str, bytes] = {}
    for number, entry in enumerate(filter(None, listed.replace(" ", "").split(",")), start=1):
        key_id, _, encoded = entry.partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            key = b""
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", key_id) or len(key) != KEY_BYTES:
            raise ImproperlyConfigured(
                f"Entry {number} of FIELD_KEYS is not “id:base64 of {KEY_BYTES} bytes”."
            )
        if key_id in keys:
            raise ImproperlyConfigured(f"FIELD_KEYS lists the id “{key_id}” twice.")
        keys[key_id] = key
    if not keys:
        raise ImproperlyConfigured("FIELD_KEYS is empty: list at least one “id:base64” key.")
    return keys
