"""Bodies of /api/auth."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework import serializers

from accounts.models import Membership, User
from tenancy.models import validate_time_zone
from tenancy.serializers import StrictModelSerializer, StrictSerializer

LONGEST_PASSWORD = 200


class EmailField(serializers.EmailField):
    """Addresses are told apart without regard to case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(data).lower()


class PasswordField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            max_length=LONGEST_PASSWORD, trim_whitespace=False, write_only=True,
            style={"input_type": "password"}, **kwargs,
        )  # fmt: skip


class LoginSerializer(StrictSerializer):
    email = EmailField()
    password = PasswordField()


class EmailSerializer(StrictSerializer):
    email = EmailField()


class CodeSerializer(StrictSerializer):
    challenge = serializers.UUIDField()
    code = serializers.RegexField(r"^\s*[0-9]{3}\s?[0-9]{3}\s*$", help_text="Six digits")

    def validate_code(self, code: str) -> str:
        return "".join(code.split())


class RefreshSerializer(StrictSerializer):
    refresh = serializers.CharField(max_length=300)


class LogoutSerializer(StrictSerializer):
    refresh = serializers.CharField(
        max_length=300, required=False, help_text="Needed only without an access token."
    )


class RegisterSerializer(StrictSerializer):
    email = EmailField()
    password = PasswordField()
    name = serializers.CharField(max_length=120, required=False, default="")
    tenant_name = serializers.CharField(max_length=120, required=False, default="")
    currency = serializers.CharField(max_length=3, required=False, default="EUR")
    time_zone = serializers.CharField(
        max_length=64, required=False, default="UTC", validators=[validate_time_zone]
    )
    invitation = serializers.CharField(
        max_length=300, required=False, default="", help_text="The token of an invitation."
    )


class ResetSerializer(CodeSerializer):
    new_password = PasswordField()


class ChangePasswordSerializer(StrictSerializer):
    current_password = PasswordField()
    new_password = PasswordField()


class TokenPairSerializer(serializers.Serializer[Any]):
    """What signing in gives."""

    access = serializers.CharField(help_text="Send it as “Authorization: Bearer …”.")
    refresh = serializers.CharField(help_text="Good for one exchange; a second one ends it.")
    expires_in = serializers.IntegerField(help_text="Seconds that `access` lives.")


class ChallengeSerializer(serializers.Serializer[Any]):
    """What a code by mail is answered to."""

    challenge = serializers.UUIDField()
    detail = serializers.CharField()


class OwnMembershipSerializer(serializers.ModelSerializer[Any]):
    tenant = serializers.UUIDField(source="tenant_id")
    tenant_name = serializers.CharField(source="tenant.name")
    role = serializers.CharField(source="role.key")
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ("tenant", "tenant_name", "role", "permissions")

    def get_permissions(self, membership: Membership) -> list[str]:
        return sorted(membership.role.codes)


class MeSerializer(StrictModelSerializer):
    language = serializers.ChoiceField(choices=settings.LANGUAGES, required=False)
    current_password = PasswordField(required=False, help_text="Needed to change `require_otp`.")

    class Meta:
        model = User
        fields = (
            "id", "email", "name", "language", "time_zone", "require_otp", "email_verified_at",
            "is_superuser", "created_at", "current_password",
        )  # fmt: skip
        read_only_fields = ("id", "email", "email_verified_at", "is_superuser", "created_at")
