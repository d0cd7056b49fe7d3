"""Where a request comes from."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest
from rest_framework.settings import api_settings


def client_address(request: HttpRequest) -> str:
    """The client's network address as the outermost of our own proxies saw it.

    X-Forwarded-For is believed only for as many proxies as REST_FRAMEWORK["NUM_PROXIES"] says:
    each appends the address of its peer, so what a client wrote in front of that counts for
    nothing.
    """
    proxies = int(api_settings.NUM_PROXIES or 0)
    peer = str(request.META.get("REMOTE_ADDR", ""))
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if proxies == 0 or forwarded == [""]:
        return peer[:64]
    return forwarded[-min(proxies, len(forwarded))][:64]


def network(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 that one IPv6 subscriber commonly gets
    (RFC 6177)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
