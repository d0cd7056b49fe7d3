"""Every request has an id: in its answer, in problem details and in the log, which keeps no secret
of an address."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

# A calendar's address, a link that stops mails.
SECRET_ADDRESS = re.compile(r"(/(?:calendar|unsubscribe)/)[^/?#\s]+")
PLAUSIBLE = re.compile(r"[A-Za-z0-9._-]{1,64}")

_current: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdMiddleware:
    """Takes over a proxy's X-Request-ID when it looks like one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if PLAUSIBLE.fullmatch(given) else str(uuid.uuid4())
        request.request_id = request_id  # type: ignore[attr-defined] # read by tenancy.problems
        token = _current.set(request_id)
        try:
            response = self.get_response(request)
        finally:
            _current.reset(token)
        response.headers["X-Request-ID"] = request_id
        return response


class RequestIdFilter(logging.Filter):
    """Gives every log record the id of the request that it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True


class AddressFilter(logging.Filter):
    """Blanks the secret in addresses that open something without signing in: whoever reads the log
    must not be able to follow them."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                SECRET_ADDRESS.sub(r"\1…", arg) if isinstance(arg, str) else arg
                for arg in record.args
            )
        return True
