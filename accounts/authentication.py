"""What `ScopeMiddleware` found out, told to DRF."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from accounts.access import Access, access_of
from accounts.models import User


class ScopeAuthentication(SessionAuthentication):
    """`request.auth` is the `access.Access`. Cookies are sent by any page that a browser shows,
    so those who come by one must pass the CSRF check; bearers are not."""

    def authenticate(self, request: Request) -> tuple[User, Access] | None:
        access: Access | None = getattr(request._request, "access", None)
        if access is None:
            return None
        if access.error is not None:
            raise access.error
        if access.user is None:
            return None
        if access.via == "page":
            self.enforce_csrf(request)
        return access.user, access

    def authenticate_header(self, request: Request) -> Any:
        return 'Bearer realm="Inledger"'


class IsPerson(IsAuthenticated):
    """An API token may look at its owner's account, and not change it."""

    message = "An API token may not change its owner's account: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or access_of(request).via != "token"
