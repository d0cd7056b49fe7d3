"""What `ScopeMiddleware` found out, told to DRF."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import SessionAuthentication
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request

from accounts.access import Access, access_of
from accounts.models import User

BEARER_DESCRIPTION = (
    "An access token of `POST /api/auth/login` (5 minutes; renew it by `/api/auth/refresh`), or "
    "an API token (`inl_…`), which is of one tenant and can do no more than its scopes say."
)
SESSION_DESCRIPTION = "The cookie of the pages. Changes need the header X-CSRFToken as well."


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


class ScopeAuthenticationDocument(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """The two ways in, for the OpenAPI document. Importing this registers it."""

    target_class = ScopeAuthentication
    name = ["bearer", "session"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{way: []} for way in self.name]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "http", "scheme": "bearer", "description": BEARER_DESCRIPTION},
            {
                "type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME,
                "description": SESSION_DESCRIPTION,
            },
        ]  # fmt: skip


class IsPerson(IsAuthenticated):
    """An API token may look at its owner's account, and not change it."""

    message = "An API token may not change its owner's account: sign in."

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        return request.method in SAFE_METHODS or access_of(request).via != "token"
