"""What a person proves themselves by. None of it can be read back: only hashes are kept."""

from __future__ import annotations

from django.db import models

from accounts.models.memberships import Membership
from accounts.models.users import User
from tenancy.ids import new_id
from tenancy.models import TenantModel


class ApiToken(TenantModel):
    """A program's key to one tenant, as one of its members, narrowed to `scopes`."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, help_text="Its first letters, to tell it by.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256")
    scopes = models.JSONField(default=list, help_text="Permission codes")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute")
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "membership"), name="api_token_of_member"),)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class RefreshSession(models.Model):
    """One sign-in of one device: the family of refresh tokens that follow one another.
    `token_hash` knows the current one alone (see `tokens.refresh`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sessions")
    token_hash = models.CharField(max_length=64, help_text="SHA-256")
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.user_id} {self.address}"


class CodePurpose(models.TextChoices):
    REGISTER = "register"
    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    RESET_PASSWORD = "reset_password"  # noqa: S105 - a purpose, no password


class OneTimeCode(models.Model):
    """A challenge: who answers with the code that was mailed has the mailbox.

    A row is made for any address, so that nobody learns which ones are known; the job that mails
    the code finds the user, or leaves `user` and `code_hash` empty: then no answer is right.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    purpose = models.CharField(max_length=16, choices=CodePurpose)
    email = models.EmailField(max_length=254)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64, blank=True, help_text="HMAC-SHA256")
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    consumed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("expires_at",), name="one_time_code_expiry"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.id}"


class AttemptCounter(models.Model):
    """How often something was tried in one window of time. In the database, because a cache
    counts per process and not atomically. `key` tells no address: it is an HMAC."""

    key = models.CharField(max_length=64)
    since = models.DateTimeField(help_text="The start of the window, UTC")
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "since"), name="attempt_counter_once"),
        )

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.count}"
