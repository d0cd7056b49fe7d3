"""/api/v1: users, tenants, roles, members, invitations, tokens."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from accounts import api_tokens, invitations, members, profile, querysets, roles, tenants
from accounts.access import access_of, person_of, scope_in
from accounts.authentication import IsPerson
from accounts.errors import NotAllowed
from accounts.models import ApiToken, Invitation, Membership, Role, User
from accounts.serializers import (
    AcceptSerializer,
    InvitationSerializer,
    MemberSerializer,
    NewTokenSerializer,
    RoleSerializer,
    TenantSerializer,
    TokenSerializer,
    UserSerializer,
)
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id, entered
from tenancy.viewsets import ScopePermission, TenantViewSet


def is_super_admin(request: Request) -> bool:
    """Signed in as one; an API token never acts as one."""
    access = access_of(request)
    return access.user is not None and access.user.is_superuser and access.via != "token"


class UsersPermission(ScopePermission):
    """A super admin sees and may close every account; a tenant's admins see those of theirs."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if is_super_admin(request):
            return True
        return request.method in ("GET", "HEAD", "OPTIONS") and super().has_permission(
            request, view
        )


class UsersViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, TenantViewSet
):
    resource = "users"
    permission_classes = (UsersPermission,)
    queryset = querysets.all_users()
    serializer_class = UserSerializer
    ordering = ("email",)
    http_method_names = ("get", "patch", "head", "options")

    def get_queryset(self) -> QuerySet[User]:
        if is_super_admin(self.request):
            return querysets.all_users()
        return querysets.users_of(current_tenant_id())

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert isinstance(serializer.instance, User)
        asked = serializer.validated_data.get("is_active")
        if asked is not None:
            profile.set_active(serializer.instance, is_active=asked, by=person_of(self.request))


class TenantsViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, GenericViewSet[Tenant]):
    """One's own tenants, whichever is active."""

    permission_classes = (IsAuthenticated,)
    queryset = Tenant.objects.none()
    serializer_class = TenantSerializer
    ordering = ("name",)

    def get_queryset(self) -> QuerySet[Tenant]:
        return querysets.tenants_for(access_of(self.request))

    def create(self, request: Request) -> Response:
        """A new tenant, with whoever asks as its admin."""
        if access_of(request).via == "token":
            raise PermissionDenied("An API token belongs to one tenant: sign in to make another.")
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        tenant = tenants.create_tenant(person_of(request), **body.validated_data)
        return Response(self.get_serializer(tenant).data, status=status.HTTP_201_CREATED)

    def partial_update(self, request: Request, pk: str) -> Response:
        tenant = self.get_object()
        scope = scope_in(access_of(request), tenant.id)
        if scope is None:
            raise Http404
        if "tenant:write" not in scope.permissions:
            raise PermissionDenied("This needs the permission “tenant:write”.")
        body = self.get_serializer(tenant, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        with entered(scope):
            tenant = tenants.change_tenant(tenant.id, **body.validated_data)
        return Response(self.get_serializer(tenant).data)


class RolesViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """Built-in roles are in every tenant and cannot be changed."""

    resource = "members"
    queryset = querysets.roles()
    serializer_class = RoleSerializer
    ordering = ("key",)
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = roles.create_role(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert isinstance(serializer.instance, Role)
        serializer.instance = roles.change_role(serializer.instance, **serializer.validated_data)

    def perform_destroy(self, instance: Role) -> None:
        roles.delete_role(instance)


class MembersViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    resource = "members"
    queryset = querysets.members()
    serializer_class = MemberSerializer
    ordering = ("created_at",)
    http_method_names = ("get", "patch", "delete", "head", "options")

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert isinstance(serializer.instance, Membership)
        if "role" in serializer.validated_data:
            role = serializer.validated_data["role"]
            serializer.instance = members.change_member_role(serializer.instance, role)

    def perform_destroy(self, instance: Membership) -> None:
        members.remove_member(instance)


class InvitationsViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.CreateModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """DELETE revokes; the row stays, to tell what happened."""

    resource = "members"
    queryset = querysets.invitations()
    serializer_class = InvitationSerializer
    ordering = ("-created_at",)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = invitations.invite(**serializer.validated_data)

    def perform_destroy(self, instance: Invitation) -> None:
        invitations.revoke_invitation(instance)

    @extend_schema(request=AcceptSerializer, responses=MemberSerializer)
    @action(detail=False, methods=["post"], permission_classes=[IsPerson])
    def accept(self, request: Request) -> Response:
        """Join, by the token of the link that was mailed to one's own address."""
        body = AcceptSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        membership = invitations.accept(body.validated_data["token"], person_of(request))
        return Response(
            {"tenant": membership.tenant.id, "role": membership.role.key},
            status=status.HTTP_201_CREATED,
        )


class TokensViewSet(
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    mixins.DestroyModelMixin,
    TenantViewSet,
):
    """One's own API tokens in the active tenant. DELETE revokes."""

    resource = "tokens"
    queryset = ApiToken.objects.all()
    serializer_class = TokenSerializer
    ordering = ("-created_at",)

    def get_queryset(self) -> QuerySet[ApiToken]:
        return querysets.tokens_of(person_of(self.request))

    @extend_schema(request=TokenSerializer, responses={201: NewTokenSerializer})
    def create(self, request: Request) -> Response:
        """A new token. Its secret is in this answer and nowhere else."""
        body = TokenSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        membership = querysets.members().filter(user=person_of(request)).first()
        if membership is None:
            raise NotAllowed(gettext("Only a member of this tenant can have tokens for it."))
        token, secret = api_tokens.make_token(membership, **body.validated_data)
        shown = {**TokenSerializer(token).data, "token": secret}
        return Response(shown, status=status.HTTP_201_CREATED)

    def perform_destroy(self, instance: ApiToken) -> None:
        api_tokens.revoke_token(instance)
