"""Where a person may act, and as what."""

from __future__ import annotations

from django.db import models

from accounts.models.users import User
from tenancy.models import TenantModel
from tenancy.permissions import BUILT_IN_ROLES


class Role(TenantModel):
    """A named set of permission codes. Built-in roles exist in every tenant and take their codes
    from `tenancy.permissions.BUILT_IN_ROLES`, so that a new version's codes reach them."""

    key = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    permissions = models.JSONField(default=list, blank=True)
    is_built_in = models.BooleanField(default=False, editable=False)

    class Meta(TenantModel.Meta):
        ordering = ("key",)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "key"), name="role_key_per_tenant"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def codes(self) -> frozenset[str]:
        if self.is_built_in:
            return BUILT_IN_ROLES[self.key]
        return frozenset(self.permissions)


class Membership(TenantModel):
    """One person in one tenant, with one role. `overview` is how they have arranged its first page
    (`config.overview.layout`)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    overview = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        ordering = ("created_at",)
        constraints = (models.UniqueConstraint(fields=("tenant", "user"), name="membership_once"),)

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(TenantModel):
    """An address that may join with a role. Its token is signed, not stored (see `invitations`);
    open while neither accepted nor revoked nor past `expires_at`."""

    email = models.EmailField(max_length=254)
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="invitations")
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "email"),
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_open_once",
            ),
        )

    def __str__(self) -> str:
        return self.email
