"""Choosing passwords."""

from __future__ import annotations

import uuid

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import audit, one_time_codes, tokens
from accounts.errors import AccountError
from accounts.models import CodePurpose, User
from accounts.sign_in import confirm_password


def check_new_password(password: str, user: User, field: str = "password") -> None:
    """Raises AccountError for one that is too short, too common or too close to its owner."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise AccountError(" ".join(error.messages), code="password_weak", field=field) from error


def request_reset(email: str, *, address: str) -> uuid.UUID:
    """The challenge of a code with which to choose a new password. Raises TooManyAttempts."""
    one_time_codes.count_request(email, CodePurpose.RESET_PASSWORD, address=address)
    return one_time_codes.challenge(email, CodePurpose.RESET_PASSWORD)


def reset(challenge_id: uuid.UUID, code: str, new_password: str, *, address: str) -> None:
    """Raises AccountError for the password (before the code is spent), CodeRefused,
    TooManyAttempts."""
    owner = one_time_codes.addressee(challenge_id)
    check_new_password(new_password, User(email=owner), "new_password")
    user, _ = one_time_codes.answer(
        challenge_id, code, purposes=(CodePurpose.RESET_PASSWORD,), address=address
    )
    _set(user, new_password, "auth.password_reset", address)


def change(
    user: User,
    *,
    current_password: str,
    new_password: str,
    address: str,
    keep: uuid.UUID | None = None,
) -> None:
    """`keep` is the session that stays open. Raises AccountError, TooManyAttempts."""
    confirm_password(user, current_password, address=address)
    check_new_password(new_password, user, "new_password")
    _set(user, new_password, "auth.password_changed", address, keep)


@transaction.atomic
def _set(
    user: User, password: str, action: str, address: str, keep: uuid.UUID | None = None
) -> None:
    user.set_password(password)
    user.save(update_fields=["password"])
    # Sessions of pages end by themselves: they hold a hash of the password's hash.
    tokens.revoke_sessions_of(user, "password changed", keep=keep)
    audit.record(action, user, actor=audit.actor_of(user), address=address)
