"""A small API on rows that exist anyway, to try the API base with real requests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django_filters import rest_framework as filters
from rest_framework import mixins
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

from accounts.models import Role, User
from config import urls
from tenancy.errors import DomainError
from tenancy.models import tenant_id_from
from tenancy.permissions import ALL_PERMISSIONS
from tenancy.scope import Actor, tenant_scope
from tenancy.serializers import StrictModelSerializer
from tenancy.viewsets import TenantViewSet


class HeaderAuthentication(BaseAuthentication):
    """X-User names who asks. For tests of the API base alone."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        email = request.headers.get("X-User")
        return (User.objects.get(email=email), None) if email else None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class HeaderScope:
    """X-Tenant-ID names the tenant, unchecked. For tests of the API base alone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        tenant = request.headers.get("X-Tenant-ID")
        if not tenant:
            return self.get_response(request)
        actor = Actor("user")
        with tenant_scope(tenant_id_from(tenant), actor=actor, permissions=ALL_PERMISSIONS):
            return self.get_response(request)


class RoleSerializer(StrictModelSerializer):
    class Meta:
        model = Role
        fields = ("id", "key", "name", "permissions", "is_built_in")


class RoleFilter(filters.FilterSet):  # type: ignore[misc] # untyped library
    class Meta:
        model = Role
        fields = {"key": ["exact"], "name": ["exact", "icontains"], "is_built_in": ["exact"]}


class RoleIsFixed(DomainError):
    code = "role_is_fixed"
    status = 409


class Roles(
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    mixins.ListModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    authentication_classes = (HeaderAuthentication,)
    queryset = Role.objects.all()
    resource = "members"
    serializer_class = RoleSerializer
    filterset_class = RoleFilter
    ordering = ("name", "id")

    @action(detail=True, methods=["post"])
    def rename(self, request: Request, pk: str) -> Response:
        raise RoleIsFixed("A built-in role keeps its name.", field="name")

    @action(detail=False, methods=["post"])
    def collide(self, request: Request) -> Response:
        Role.objects.create(key=self.get_queryset()[0].key, name="Again")
        return Response()

    @action(detail=False, methods=["post"])
    def break_down(self, request: Request) -> Response:
        raise IntegrityError("NOT NULL constraint failed: accounts_role.name")


class NewestRoles(Roles):
    """Two directions, over `.values()` rows."""

    ordering = ("is_built_in", "-key")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset()).values("id", "key", "is_built_in")
        return self.get_paginated_response(self.paginate_queryset(rows))


router = DefaultRouter(trailing_slash=False)
router.register("roles", Roles, basename="test-role")
router.register("newest-roles", NewestRoles, basename="test-newest-role")

urlpatterns = [path("api/test/", include(router.urls)), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500
