"""People, tenants, roles and tokens as the API shows them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts import querysets
from accounts.auth_serializers import EmailField
from accounts.models import ApiToken, Invitation, Membership, Role, User
from tenancy.models import Tenant
from tenancy.permissions import PERMISSIONS
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class UserSerializer(StrictModelSerializer):
    class Meta:
        model = User
        fields = (
            "id", "email", "name", "is_active", "is_superuser", "require_otp",
            "email_verified_at", "last_login", "created_at",
        )  # fmt: skip
        read_only_fields = tuple(name for name in fields if name != "is_active")


class TenantSerializer(StrictModelSerializer):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)

    class Meta:
        model = Tenant
        fields = ("id", "name", "currency", "time_zone", "language", "is_active", "created_at")
        read_only_fields = ("id", "is_active", "created_at")


class RoleSerializer(StrictModelSerializer):
    permissions = serializers.ListField(
        child=serializers.ChoiceField(choices=list(PERMISSIONS)), allow_empty=True
    )

    class Meta:
        model = Role
        fields = ("id", "key", "name", "permissions", "is_built_in")
        read_only_fields = ("id", "key", "is_built_in")

    def to_representation(self, role: Role) -> dict[str, Any]:
        return {**super().to_representation(role), "permissions": sorted(role.codes)}


class RoleKeyField(serializers.SlugRelatedField[Role]):
    """A role of the active tenant, by its key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="key", queryset=querysets.roles(), **kwargs)


class PersonSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = User
        fields = ("id", "email", "name")
        read_only_fields = fields


class MemberSerializer(StrictModelSerializer):
    user = PersonSerializer(read_only=True)
    role = RoleKeyField()

    class Meta:
        model = Membership
        fields = ("id", "user", "role", "created_at")
        read_only_fields = ("id", "created_at")


class InvitationSerializer(StrictModelSerializer):
    email = EmailField()
    role = RoleKeyField()
    invited_by = PersonSerializer(read_only=True)

    class Meta:
        model = Invitation
        fields = (
            "id", "email", "role", "invited_by", "created_at", "expires_at", "accepted_at",
            "revoked_at",
        )  # fmt: skip
        read_only_fields = tuple(name for name in fields if name not in ("email", "role"))


class AcceptSerializer(StrictSerializer):
    token = serializers.CharField(max_length=300)


class TokenSerializer(StrictModelSerializer):
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=list(PERMISSIONS)), allow_empty=False
    )
    expires_at = serializers.DateTimeField(required=False, help_text="90 days unless given.")

    class Meta:
        model = ApiToken
        fields = (
            "id", "name", "prefix", "scopes", "created_at", "expires_at", "last_used_at",
            "revoked_at",
        )  # fmt: skip
        read_only_fields = ("id", "prefix", "created_at", "last_used_at", "revoked_at")


class NewTokenSerializer(TokenSerializer):
    token = serializers.CharField(read_only=True, help_text="The secret, shown this once.")

    class Meta:
        model = ApiToken
        fields = (*TokenSerializer.Meta.fields, "token")
        read_only_fields = (*TokenSerializer.Meta.read_only_fields, "token")
