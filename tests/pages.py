"""A signed-in browser without a browser: Django's test client, and what pages are made of."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from accounts.models import User
from tenancy.models import Tenant
from tests.make import make_member


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def member(tenant: Tenant, role: str = "admin", email: str = "alice@example.org") -> Client:
    """A browser in which a new member of the tenant is signed in."""
    return signed_in(make_member(tenant, role, email=email))


def part(client: Client, address: str, **query: Any) -> Any:
    """What htmx gets from an address."""
    return client.get(address, query, headers={"HX-Request": "true"})


def form_values(html: str) -> dict[str, str]:
    """The text inputs of a page by name, as they are filled in."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name and (value or not re.search(r'type="(checkbox|radio)"', tag)):
            found[name[1]] = value[1] if value else ""
    return found
