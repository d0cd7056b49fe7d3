"""Every request with credentials acts within one scope, or within none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import is_valid_path, resolve, reverse
from rest_framework.exceptions import NotFound

from accounts import audit, impersonation
from accounts.access import Access, decide
from accounts.models import User
from tenancy.scope import Scope, all_tenants, entered
from tenancy.snapshot import snapshot

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Names of pages: how an operator ends an impersonation, and what is a person's alone.
TO_STOP = frozenset({"impersonation_end", "sign_out"})
OWN = frozenset({
    "settings", "settings_password", "settings_notifications", "settings_tokens", "token_revoke",
    "calendars", "tenants", "tenant_new", "invitation",
})  # fmt: skip


class ScopeMiddleware:
    """Sets `request.access` (see `access.Access`) and `request.user`, and enters the scope.

    Refused credentials are left to the doors: the API answers with the reason
    (`authentication.ScopeAuthentication`), a page treats their bearer as nobody.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not has_credentials(request):
            request.access = Access()  # type: ignore[attr-defined]
            return self.get_response(request)
        if request.method in SAFE_METHODS:
            with snapshot():
                return self.respond(request)
        return self.respond(request)

    def respond(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(reverse("admin:index")):
            return self.respond_as_operator(request)
        with snapshot():
            access = decide(request)
        request.access = access  # type: ignore[attr-defined]
        if isinstance(access.error, NotFound) and not request.path.startswith("/api/"):
            raise Http404(str(access.error))
        if access.user is not None:
            request.user = access.user
        if access.impersonation is not None and not _is_open_to_operators(request):
            return render(request, "accounts/not_yours.html", status=403)
        if access.scope is None:
            return self.get_response(request)
        with entered(access.scope):
            response = self.get_response(request)
        return kept_in_scope(response, access.scope)

    def respond_as_operator(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        request.access = Access()  # type: ignore[attr-defined]
        if not (isinstance(user, User) and user.is_active and user.is_staff and user.is_superuser):
            return self.get_response(request)
        with all_tenants("operators' admin", actor=audit.actor_of(user)) as scope:
            response = self.get_response(request)
        return kept_in_scope(response, scope)


def _is_open_to_operators(request: HttpRequest) -> bool:
    """Whether an operator who sees a ledger as somebody else may ask for this. To stop is always
    open, what is somebody's own never, and what changes something where the installation says so.
    """
    match = resolve(request.path_info) if is_valid_path(request.path_info) else None
    name = match.url_name if match else ""
    if name in TO_STOP:
        return True
    return name not in OWN and (request.method in SAFE_METHODS or impersonation.may_write())


def has_credentials(request: HttpRequest) -> bool:
    return "Authorization" in request.headers or settings.SESSION_COOKIE_NAME in request.COOKIES


def kept_in_scope(response: HttpResponseBase, scope: Scope) -> HttpResponseBase:
    """A stream is read after the middleware has returned: each of its chunks is made in scope."""
    if isinstance(response, StreamingHttpResponse) and not isinstance(response, FileResponse):
        chunks = cast("Iterable[bytes]", response.streaming_content)  # we serve no ASGI
        response.streaming_content = _chunks(iter(chunks), scope)
    return response


def _chunks(chunks: Iterator[Any], scope: Scope) -> Iterator[Any]:
    while True:
        with entered(scope):
            try:
                chunk = next(chunks)
            except StopIteration:
                return
        yield chunk
