"""Which addresses a language model may be at, and the client for them: see `tenancy.outgoing`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tenancy import outgoing
from tenancy.addresses import AddressRefused, AddressUnknown
from tenancy.outgoing import http_client

__all__ = [
    "MAX_REPLY_BYTES",
    "AddressRefused",
    "AddressUnknown",
    "check_address",
    "http_client",
]

SETTING: Final = "MODEL_ALLOWED_PRIVATE_HOSTS"
MAX_REPLY_BYTES: Final = 2_000_000


def check_address(base_url: str, allowed: Iterable[str]) -> list[str]:
    """The addresses behind a base URL that may be connected to. Raises AddressRefused,
    AddressUnknown."""
    return outgoing.check_address(base_url, allowed, setting=SETTING)
