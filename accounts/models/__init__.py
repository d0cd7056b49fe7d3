"""Who there is, where they may act, and by what they prove it."""

from accounts.models.audit import AuditEntry
from accounts.models.credentials import (
    ApiToken,
    AttemptCounter,
    CodePurpose,
    OneTimeCode,
    RefreshSession,
)
from accounts.models.idempotency import IdempotencyKey
from accounts.models.memberships import Invitation, Membership, Role
from accounts.models.users import User

__all__ = [
    "ApiToken",
    "AttemptCounter",
    "AuditEntry",
    "CodePurpose",
    "IdempotencyKey",
    "Invitation",
    "Membership",
    "OneTimeCode",
    "RefreshSession",
    "Role",
    "User",
]
