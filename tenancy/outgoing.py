"""HTTP to addresses that a tenant names: resolved once, checked, and then connected to by the
checked address; no redirects, nothing from the environment (proxies, `.netrc`)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2

from tenancy.addresses import AddressRefused, is_public, resolve_allowed


def check_address(
    url: str, allowed: Iterable[str], *, setting: str, may_have_query: bool = False
) -> list[str]:
    """The addresses behind a URL that may be connected to. `allowed` lists the private hosts that
    the operator permits by `setting`. Raises AddressRefused, AddressUnknown."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise AddressRefused("Give an address that starts with https:// or http://.")
    if parts.username or parts.password or parts.fragment:
        raise AddressRefused("The address must hold no user, password or fragment.")
    if parts.query and not may_have_query:
        raise AddressRefused("The address must hold no query.")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused("The port of the address is not a number.") from error
    found = resolve_allowed(parts.hostname, port, list(allowed), setting=setting)
    if parts.scheme == "http" and not _is_allowed_name(parts.hostname, found, allowed):
        raise AddressRefused(
            "It would travel unencrypted: use https://, or a server of your own that the operator"
            f" allows ({setting})."
        )
    return found


def _is_allowed_name(host: str, found: list[str], allowed: Iterable[str]) -> bool:
    """Whether the operator has listed the host: only then plain HTTP is fine. Private addresses
    got here only by being listed."""
    listed = {entry.lower() for entry in allowed}
    return host.lower() in listed or any(not is_public(ip_address(address)) for address in found)


class _Pinned(httpcore2.AsyncNetworkBackend):
    """Connects to checked addresses whatever the name resolves to by now."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failed: Exception | None = None
        for address in self._addresses:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore2.ConnectError("no address")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


class _PinnedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, addresses: list[str]) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=_Pinned(addresses)
        )


def http_client(addresses: list[str]) -> httpx2.AsyncClient:
    """A client that reaches these addresses alone. A TLS certificate is still checked against the
    name in the URL."""
    return httpx2.AsyncClient(
        transport=_PinnedTransport(addresses), follow_redirects=False, trust_env=False
    )


class _PinnedOnes(httpcore2.NetworkBackend):
    """As `_Pinned`, for a client that waits."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses
        self._inner = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failed: Exception | None = None
        for address in self._addresses:
            try:
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore2.ConnectError("no address")


class _WaitingTransport(httpx2.HTTPTransport):
    def __init__(self, addresses: list[str]) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=_PinnedOnes(addresses)
        )


def waiting_client(addresses: list[str], timeout: float) -> httpx2.Client:
    """As `http_client`, but synchronous, with `timeout` seconds for each step of a request."""
    return httpx2.Client(
        transport=_WaitingTransport(addresses),
        follow_redirects=False,
        trust_env=False,
        timeout=timeout,
    )
