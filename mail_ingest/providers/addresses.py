"""Which addresses a mailbox may be at: see `tenancy.addresses`. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mail_ingest.providers.base import ProviderRefused, ProviderUnavailable
from tenancy import addresses

SETTING: Final = "MAIL_ALLOWED_PRIVATE_HOSTS"


def resolve_allowed(host: str, port: int, allowed: Sequence[str]) -> list[str]:
    """The addresses to connect to. Raises ProviderRefused, ProviderUnavailable."""
    try:
        return addresses.resolve_allowed(host, port, allowed, setting=SETTING)
    except addresses.AddressRefused as error:
        raise ProviderRefused(error.args[0]) from error
    except addresses.AddressUnknown as error:
        raise ProviderUnavailable(error.args[0]) from error
