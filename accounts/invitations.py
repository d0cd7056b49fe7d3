"""Inviting people by mail.

The token is a signature over the invitation's id, made when the mail is sent: neither a row nor a
job's payload holds it. Who has it has read the mail.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit, counters
from accounts.errors import AccountError, Conflict, NotAllowed
from accounts.models import Invitation, Membership, Role, User
from accounts.roles import check_may_give
from jobs.runner import JobRunner
from tenancy.scope import all_tenants, current_actor, current_tenant_id, tenant_scope
from tenancy.wording import worded

SEND_INVITATION: Final = "accounts.send_invitation"
LIFETIME: Final = timedelta(days=14)


def invite(email: str, role: Role) -> Invitation:
    """Have an invitation mailed; it replaces an earlier one to the same address. Raises
    NotAllowed, Conflict for a member, and TooManyAttempts."""
    check_may_give(role)
    counters.count_attempt(counters.INVITE_BY_TENANT, str(current_tenant_id()))
    counters.count_attempt(counters.INVITE_TO_ADDRESS, email)
    return _invite(email.lower(), role)


@transaction.atomic
def _invite(email: str, role: Role) -> Invitation:
    if Membership.objects.filter(user__email=email).exists():
        raise Conflict(
            gettext("This person is a member already."), code="already_member", field="email"
        )
    open_invitations().filter(email=email).update(revoked_at=timezone.now())
    invitation: Invitation = Invitation.objects.create(
        email=email,
        role=role,
        invited_by_id=current_actor().user_id,
        expires_at=timezone.now() + LIFETIME,
    )
    JobRunner.enqueue(SEND_INVITATION, subject=str(invitation.id), priority=1)
    audit.record("invitation.sent", email, role=role.key)
    return invitation


@transaction.atomic
def revoke_invitation(invitation: Invitation) -> None:
    """Its link opens nothing any more. Raises Conflict for one that was accepted."""
    if not open_invitations().filter(id=invitation.id).update(revoked_at=timezone.now()):
        raise Conflict(gettext("This invitation is not open any more."), code="invitation_closed")
    audit.record("invitation.revoked", invitation.email)


def token_of(invitation: Invitation) -> str:
    return _signer().sign(invitation.id.hex)


def find_open(token: str) -> Invitation:
    """With role and tenant; across tenants, for who is invited does not belong yet. Raises
    AccountError."""
    gone = AccountError(
        worded("This invitation is used, revoked or expired. Ask for a new one."),
        code="invitation_closed",
        field="token",
    )
    try:
        invitation_id = uuid.UUID(_signer().unsign(token))
    except (BadSignature, ValueError) as error:
        raise gone from error
    with all_tenants("who holds an invitation does not belong yet"):
        rows = Invitation.objects.select_related("role", "tenant").filter(
            id=invitation_id, accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
        )
        invitation: Invitation | None = rows.filter(tenant__is_active=True).first()
    if invitation is None:
        raise gone
    return invitation


@transaction.atomic
def accept(token: str, user: User) -> Membership:
    """Become a member. Raises AccountError for the token, NotAllowed for somebody else's."""
    invitation = find_open(token)
    if invitation.email != user.email:
        raise NotAllowed(
            worded(
                "This invitation is for %(invited)s, and you are %(email)s.",
                invited=invitation.email,
                email=user.email,
            ),
            code="invitation_for_another",
        )
    with tenant_scope(invitation.tenant.id, actor=audit.actor_of(user)):
        now = timezone.now()
        if not open_invitations().filter(id=invitation.id).update(accepted_at=now):
            raise Conflict(
                gettext("This invitation is not open any more."), code="invitation_closed"
            )
        membership = _join(user, invitation.role)
        audit.record("invitation.accepted", user, role=invitation.role.key)
    if user.email_verified_at is None:
        user.email_verified_at = now
        user.save(update_fields=["email_verified_at"])
    return membership


def open_invitations() -> QuerySet[Invitation]:
    """Of the active scope; those past their time included."""
    return Invitation.objects.filter(accepted_at=None, revoked_at=None)


def _join(user: User, role: Role) -> Membership:
    try:
        with transaction.atomic():
            membership: Membership = Membership.objects.create(user=user, role=role)
            return membership
    except IntegrityError as error:
        raise Conflict(gettext("You are a member already."), code="already_member") from error


def _signer() -> Signer:
    return Signer(salt="accounts.invitation", sep=".")
