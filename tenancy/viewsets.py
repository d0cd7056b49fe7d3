"""What every viewset on tenant rows has in common: a scope is active and holds the permission."""

from __future__ import annotations

from typing import Any, ClassVar

from rest_framework import permissions, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.viewsets import GenericViewSet

from tenancy.permissions import may
from tenancy.scope import active_scope


class TenantRequired(APIException):
    """Somebody is signed in, but it is not clear for which tenant they act."""

    status_code = status.HTTP_400_BAD_REQUEST
    default_code = "tenant_required"
    default_detail = (
        "You belong to several tenants, or to none. Name one in the X-Tenant-ID header;"
        " GET /api/v1/tenants lists yours."
    )


class ScopePermission(permissions.BasePermission):
    """The scope holds `<view.resource>:read` for safe methods and `:write` for others; an action
    may name its own code in `view.action_permissions`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not request.user or not request.user.is_authenticated:
            return False
        if active_scope() is None:
            raise TenantRequired
        return may(self.code(request, view))

    @staticmethod
    def code(request: Request, view: Any) -> str:
        by_action: dict[str, str] = getattr(view, "action_permissions", {})
        action = getattr(view, "action", None)
        if action in by_action:
            return by_action[action]
        verb = "read" if request.method in permissions.SAFE_METHODS else "write"
        return f"{view.resource}:{verb}"


class TenantViewSet(GenericViewSet[Any]):
    """Base of every viewset on tenant rows; set `resource`, the first half of its permissions.

    Keep `queryset` at class level: the scope binds when SQL is compiled. Add DRF's mixins for
    what the resource can do, and call a verb function from `perform_*`.
    """

    resource: ClassVar[str]
    action_permissions: ClassVar[dict[str, str]] = {}
    permission_classes = (ScopePermission,)
