"""Opening an account.

Whether an address has an account is told to its owner alone, by mail: the answer is the same, and
so is the work. For a known address everything is made and rolled back.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext

from accounts import audit, counters, invitations, one_time_codes
from accounts.errors import NotAllowed
from accounts.models import CodePurpose, Invitation, User
from accounts.passwords import check_new_password
from accounts.tenants import create_tenant
from tenancy.ids import new_id
from tenancy.wording import worded


def register(
    *,
    email: str,
    password: str,
    address: str,
    name: str = "",
    tenant_name: str = "",
    invitation: str = "",
    language: str = settings.LANGUAGE_CODE,
    **settings_of_tenant: Any,
) -> uuid.UUID:
    """A new person with a tenant of their own or, by an invitation's token, in that tenant. They
    may sign in at once; the challenge returned is answered by the code that is mailed, and
    verifies the address. `language` is what they read from now on. Raises AccountError,
    NotAllowed, TooManyAttempts."""
    counters.count_address(counters.REGISTER_BY_ADDRESS, address)
    invited = _invited(email, invitation)
    check_new_password(password, User(email=email, name=name))
    one_time_codes.count_request(email, CodePurpose.REGISTER, address=address)
    details = {"name": name, "language": language}
    details["time_zone"] = settings_of_tenant.get("time_zone", "UTC")
    tenant_name = tenant_name or (name and f"{name}’s ledger") or "My ledger"
    is_known = User.objects.filter(email=email.lower()).exists()
    try:
        with transaction.atomic():
            mailbox = f"{new_id().hex}@rehearsal.invalid" if is_known else email
            user = User.objects.create_user(mailbox, password, **details)
            if invited is None or is_known:
                create_tenant(user, tenant_name, **settings_of_tenant)
            else:
                invitations.accept(invitation, user)
            audit.record("auth.registered", user, actor=audit.actor_of(user), address=address)
            transaction.set_rollback(is_known)
    except IntegrityError:
        # Somebody has registered the same address at the same moment, if it is that.
        is_known = User.objects.filter(email=email.lower()).exists()
        if not is_known:
            raise
    return one_time_codes.challenge(email, CodePurpose.REGISTER, user=None if is_known else user)


def _invited(email: str, token: str) -> Invitation | None:
    if token:
        invitation = invitations.find_open(token)
        if invitation.email != email.lower():
            raise NotAllowed(
                worded("This invitation is for %(email)s.", email=invitation.email),
                code="invitation_for_another",
            )
        return invitation
    if not settings.REGISTRATION_OPEN:
        raise NotAllowed(
            gettext("New accounts are by invitation only here. Ask an admin to invite you."),
            code="registration_closed",
        )
    return None
