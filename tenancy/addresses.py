"""Which addresses may be connected to when a tenant names the host. Without this check the server
could be made to talk to its own network (SSRF). Pure.

The name is resolved once, every address is checked, and the connection goes to a checked address,
so that a second answer of the DNS changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Final

from tenancy.wording import worded

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Public by `is_global`, but a way to private addresses or to none: protocol assignments, NAT64,
# 6to4, Teredo, IPv4-compatible, site-local, multicast (RFC 6890, 6052, 3056, 4380, 4291, 3879).
TUNNELS: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "64:ff9b::/96", "64:ff9b:1::/48",
        "2002::/16", "2001::/32", "::/96", "fec0::/10", "ff00::/8",
    )
)  # fmt: skip


class AddressRefused(Exception):
    """The address may not be connected to; the message says why."""


class AddressUnknown(Exception):
    """The address cannot be found at the moment."""


def resolve_allowed(host: str, port: int, allowed: Sequence[str], *, setting: str) -> list[str]:
    """The addresses to connect to. `allowed` lists the private hosts (names, addresses or
    networks) that the operator permits by `setting`. Raises AddressRefused, AddressUnknown."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise AddressUnknown(
                worded(
                    "The name server did not answer for “%(host)s”. It is tried again later.",
                    host=host,
                )
            ) from error
        raise AddressRefused(
            worded("There is no host “%(host)s”. Check its spelling.", host=host)
        ) from error
    except (UnicodeError, OverflowError) as error:
        raise AddressRefused(worded("“%(host)s” is not a host name.", host=host)) from error
    addresses = list(dict.fromkeys(str(entry[4][0]).partition("%")[0] for entry in found))
    if host.lower() not in {entry.lower() for entry in allowed}:
        for address in addresses:
            _refuse_private(host, ipaddress.ip_address(address), allowed, setting)
    return addresses


def is_public(address: Address) -> bool:
    """Whether an address belongs to the public internet and leads nowhere else."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.is_global and not any(address in network for network in TUNNELS)


def _refuse_private(host: str, address: Address, allowed: Sequence[str], setting: str) -> None:
    if is_public(address) or any(_covers(entry, address) for entry in allowed):
        return
    raise AddressRefused(
        worded(
            "“%(host)s” is at %(address)s, which is not a public address. If it is your own"
            " server, the operator of this installation can allow it: %(setting)s.",
            host=host,
            address=address,
            setting=setting,
        )
    )


def _covers(entry: str, address: Address) -> bool:
    try:
        return address in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
