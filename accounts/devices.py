"""Which browser or program somebody signs in with, so that a new one can be told of.

A browser is known by a cookie that the page of signing in sets; a program by its User-Agent and
its network. What is kept is a hash: it finds the same device again and tells nothing else.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from accounts.addresses import client_address, network

COOKIE: Final = "device"
YEAR_SECONDS: Final = 366 * 24 * 3600
_TOKEN: Final = re.compile(r"[0-9a-f]{32}")


def device_of(request: HttpRequest | Request) -> str:
    """A stable name of the device, 32 characters."""
    token = request.COOKIES.get(COOKIE, "")
    if not _TOKEN.fullmatch(token):
        agent = request.headers.get("User-Agent", "")
        token = f"{agent[:300]} {network(client_address(request))}"
    return hashlib.sha256(token.encode()).hexdigest()[:32]


def remember_device(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """Give a browser the cookie that it is known by, or keep it for another year."""
    token = request.COOKIES.get(COOKIE, "")
    answer.set_cookie(
        COOKIE, token if _TOKEN.fullmatch(token) else secrets.token_hex(16),
        max_age=YEAR_SECONDS, httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
    return answer
