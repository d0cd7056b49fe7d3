"""The operators' view of people and access. Secrets are not there to be shown: only hashes."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from accounts import api_tokens, audit, tokens
from accounts.models import (
    ApiToken,
    AttemptCounter,
    AuditEntry,
    IdempotencyKey,
    Invitation,
    Membership,
    OneTimeCode,
    RefreshSession,
    Role,
    User,
)
from accounts.views.impersonating import begin
from tenancy.admin import OperatorAdmin, TenantAdmin

# Rights come from roles alone; groups would grant nothing.
admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(OperatorAdmin):
    list_display = ("email", "name", "is_active", "is_staff", "is_superuser", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser", "require_otp")
    search_fields = ("email", "name", "id")
    exclude = ("password", "groups", "user_permissions")
    editable_fields = ("name", "is_staff", "is_superuser")
    actions: ClassVar[Any] = ("end_sessions",)
    actions_detail: ClassVar[Any] = ("impersonate",)

    @action(  # type: ignore[untyped-decorator] # unfold is untyped
        description=gettext_lazy("Look as this person does"), url_path="impersonate"
    )
    def impersonate(self, request: HttpRequest, object_id: uuid.UUID) -> HttpResponse:
        return begin(request, object_id)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's signature
        super().save_model(request, obj, form, change)
        audit.record("user.changed_by_operator", obj, changed=form.changed_data)

    @admin.action(description="End all sessions", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        ended = sum(tokens.revoke_sessions_of(user, "by an operator") for user in queryset)
        messages.success(request, f"{ended} sessions ended.")


@admin.register(Role)
class RoleAdmin(TenantAdmin):
    list_display = ("key", "name", "is_built_in")
    list_filter = ("is_built_in",)
    search_fields = ("key", "name")


@admin.register(Membership)
class MembershipAdmin(TenantAdmin):
    list_display = ("user", "role", "created_at")
    list_select_related = ("tenant", "user", "role")
    search_fields = ("user__email",)


@admin.register(Invitation)
class InvitationAdmin(TenantAdmin):
    list_display = ("email", "role", "invited_by", "expires_at", "accepted_at", "revoked_at")
    list_select_related = ("tenant", "role", "invited_by")
    search_fields = ("email",)


@admin.register(ApiToken)
class ApiTokenAdmin(TenantAdmin):
    list_display = ("name", "prefix", "membership", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("tenant", "membership__user", "membership__role")
    search_fields = ("name", "prefix", "membership__user__email")
    exclude = ("token_hash",)
    actions: ClassVar[Any] = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset:
            api_tokens.revoke_token(token)
        messages.success(request, "Revoked.")


@admin.register(RefreshSession)
class RefreshSessionAdmin(OperatorAdmin):
    list_display = ("user", "address", "created_at", "refreshed_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("user__email", "address")
    exclude = ("token_hash",)
    actions: ClassVar[Any] = ("revoke",)

    @admin.action(description="Revoke")
    def revoke(self, request: HttpRequest, queryset: QuerySet[RefreshSession]) -> None:
        ended = sum(tokens.revoke_session(row.id, "by an operator") for row in queryset)
        messages.success(request, f"{ended} sessions ended.")


@admin.register(OneTimeCode)
class OneTimeCodeAdmin(OperatorAdmin):
    list_display = ("email", "purpose", "tries", "created_at", "expires_at", "consumed_at")
    list_filter = ("purpose",)
    search_fields = ("email",)
    exclude = ("code_hash",)


@admin.register(AttemptCounter)
class AttemptCounterAdmin(OperatorAdmin):
    list_display = ("key", "since", "count")
    search_fields = ("key",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(TenantAdmin):
    list_display = ("key", "user", "status", "started_at")
    list_select_related = ("tenant", "user")
    search_fields = ("key", "user__email")
    exclude = ("body",)


@admin.register(AuditEntry)
class AuditEntryAdmin(TenantAdmin):
    list_display = ("at", "action", "actor_label", "target", "address")
    list_filter = ("action", "actor_kind")
    search_fields = ("action", "actor_label", "target", "address")
    date_hierarchy = "at"
