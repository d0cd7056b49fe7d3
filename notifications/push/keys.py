"""The installation's own key, by which push services know who sends (RFC 8292)."""

from __future__ import annotations

from email.utils import parseaddr
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.push import sealing

SCALAR_BYTES: Final = 32


def is_on() -> bool:
    """Whether the operator has switched web push on."""
    return bool(settings.WEB_PUSH)


def installation_key() -> EllipticCurvePrivateKey:
    """Raises ImproperlyConfigured, never naming the key."""
    return _read(settings.WEB_PUSH_KEY)


def public_key() -> str:
    """What browsers subscribe with."""
    return sealing.as_text(sealing.public_bytes(installation_key()))


def contact() -> str:
    """Whom a push service may write to about us."""
    if settings.PUBLIC_URL.startswith("https://"):
        return str(settings.PUBLIC_URL)
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"


@lru_cache(maxsize=4)
def _read(text: str) -> EllipticCurvePrivateKey:
    try:
        raw = sealing.from_text(text)
        if len(raw) == SCALAR_BYTES:
            return sealing.private_key(raw)
    except sealing.KeyRefused:
        pass
    raise ImproperlyConfigured("WEB_PUSH_KEY must be base64 of 32 bytes: openssl rand -base64 32.")
