"""A tenant names the mail server: it must not be one of ours."""

from __future__ import annotations

import ipaddress

import pytest

from mail_ingest.providers.addresses import resolve_allowed
from mail_ingest.providers.base import ProviderRefused
from tenancy.addresses import is_public

PRIVATE = (
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "localhost",
    "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.8",
    "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%lo",
    "fc00::1", "fd00::1", "fec0::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:0a00:1::1", "2001::1", "::127.0.0.1",
    "192.88.99.1", "203.0.113.1", "2001:db8::1", "100::1",
)  # fmt: skip


@pytest.mark.parametrize("host", PRIVATE)
def test_no_spelling_of_a_private_address_is_connected_to(host: str) -> None:
    with pytest.raises(ProviderRefused):
        resolve_allowed(host, 993, [])


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
    assert resolve_allowed(address, 993, [])


@pytest.mark.parametrize("entry", ["127.0.0.1", "127.0.0.0/8", "LOCALHOST"])
def test_the_operator_may_allow_hosts_addresses_and_networks(entry: str) -> None:
    host = "localhost" if entry == "LOCALHOST" else "127.0.0.1"
    assert "127.0.0.1" in resolve_allowed(host, 993, [entry])
    with pytest.raises(ProviderRefused, match="MAIL_ALLOWED_PRIVATE_HOSTS"):
        resolve_allowed("10.0.0.1", 993, [entry])


@pytest.mark.parametrize("host", ["a" * 300, "a..b", "\u2100\ud800x", ""])
def test_what_is_no_host_name_is_refused_in_words(host: str) -> None:
    with pytest.raises(ProviderRefused):
        resolve_allowed(host, 993, [])
