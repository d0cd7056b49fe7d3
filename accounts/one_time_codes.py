"""Six digits by mail: a way to sign in, a second factor, and how a password is reset.

10^6 codes, five tries a challenge and ten an hour for an account: guessing succeeds once in about
eleven years of trying without a pause. Every count is a compare-and-set in the database, made
before the code is looked at.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext

from accounts import counters, tokens
from accounts.errors import CodeRefused
from accounts.models import ApiToken, CodePurpose, OneTimeCode, User
from jobs.runner import JobRunner
from tenancy.scope import all_tenants
from tenancy.wording import worded

SEND_CODE: Final = "accounts.send_code"
DIGITS: Final = 6
LIFETIME: Final = timedelta(minutes=10)
TRIES: Final = 5
# Who answers these has the password too, or is the one who has just chosen it.
REGISTRANTS: Final = frozenset({CodePurpose.REGISTER, CodePurpose.SECOND_FACTOR})


def count_request(email: str, purpose: CodePurpose, *, address: str) -> None:
    """Called before `challenge`, and before what that belongs to. By purpose, so that a stranger
    who has codes sent does not use up the second factor's. Raises TooManyAttempts."""
    counters.count_address(counters.CODE_REQUEST_BY_ADDRESS, address)
    counters.count_attempt(counters.CODE_REQUEST_BY_ACCOUNT, f"{purpose}:{email}")


def challenge(email: str, purpose: CodePurpose, *, user: User | None = None) -> uuid.UUID:
    """Have a code mailed; its challenge's id. Does the same for an address that nobody has."""
    with transaction.atomic():
        row = OneTimeCode.objects.create(
            email=email.lower(),
            purpose=purpose,
            user=user,
            expires_at=timezone.now() + LIFETIME,
        )
        with all_tenants("a code is for a person, not for a ledger"):
            JobRunner.enqueue(
                SEND_CODE, subject=str(row.id), priority=1, trigger=worded("A one-time code")
            )
    return row.id


def issue(row: OneTimeCode, user: User) -> str | None:
    """Give a challenge its code, just before it is mailed. A repeated mail has a new code: only
    its HMAC was kept. None when the challenge is over."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    live = OneTimeCode.objects.filter(
        id=row.id, consumed_at=None, expires_at__gt=timezone.now(), tries__lt=TRIES
    )
    return code if live.update(user=user, code_hash=_hash(row.id, code)) else None


def answer(
    challenge_id: uuid.UUID, code: str, *, purposes: Collection[CodePurpose], address: str
) -> tuple[User, CodePurpose]:
    """The person who holds the mailbox that the code went to (it is now verified), and what the
    code was for. Raises CodeRefused, TooManyAttempts."""
    counters.count_address(counters.CODE_BY_ADDRESS, address)
    row = OneTimeCode.objects.filter(id=challenge_id, purpose__in=purposes).first()
    if row is None:
        raise CodeRefused(
            gettext("There is no such challenge. Ask for a new code."), code="code_expired"
        )
    counters.count_attempt(counters.CODE_BY_ACCOUNT, row.email)
    now = timezone.now()
    live = OneTimeCode.objects.filter(id=row.id, consumed_at=None, expires_at__gt=now)
    if not live.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
        raise CodeRefused(
            gettext("This code is used, expired, or was tried too often. Ask for a new one."),
            code="code_expired",
        )
    row.refresh_from_db()
    if not constant_time_compare(row.code_hash, _hash(row.id, code)):
        raise CodeRefused(gettext("That is not the code of the latest message. Try again."))
    if row.user is None or not row.user.is_active or not live.update(consumed_at=now):
        raise CodeRefused(gettext("This code is used. Ask for a new one."), code="code_expired")
    counters.forget_attempts(counters.CODE_BY_ACCOUNT, row.email)
    purpose = CodePurpose(row.purpose)
    if row.user.email_verified_at is None:
        _verify(row.user, now, by_registrant=purpose in REGISTRANTS)
    return row.user, purpose


def _verify(user: User, now: datetime, *, by_registrant: bool) -> None:
    """The holder of the mailbox is known for the first time. Unless the code answers the
    registration itself or follows its password, somebody else may have registered the address
    before: the password, sessions and API tokens of that time end here."""
    user.email_verified_at = now
    if not by_registrant:
        user.set_unusable_password()
        tokens.revoke_sessions_of(user, "address verified by another")
        with all_tenants("the first verification of an address"):
            ApiToken.objects.filter(membership__user=user, revoked_at=None).update(revoked_at=now)
    user.save(update_fields=["email_verified_at", "password"])


def addressee(challenge_id: uuid.UUID) -> str:
    """The address that was given for a challenge; empty for one that is not there."""
    return OneTimeCode.objects.filter(id=challenge_id).values_list("email", flat=True).first() or ""


def _hash(challenge_id: uuid.UUID, code: str) -> str:
    return salted_hmac("accounts.code", f"{challenge_id}:{code}", algorithm="sha256").hexdigest()
