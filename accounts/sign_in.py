"""Signing in, whatever the door: pages, API and admin call the same verbs.

    match sign_in(email, password, address=client_address(request)):
        case SignedIn(user): ...                  # `start_session(user)` or Django's `login()`
        case SecondFactorNeeded(challenge_id): ...  # then `sign_in_with_code`

Nothing here tells whether an address has an account: same answer, same work.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext

from accounts import audit, counters, one_time_codes
from accounts.errors import AccountError, NotAllowed, WrongCredentials
from accounts.models import CodePurpose, User

SIGN_IN_PURPOSES: Final = (CodePurpose.SIGN_IN, CodePurpose.SECOND_FACTOR, CodePurpose.REGISTER)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Everything asked for has been proved."""

    user: User


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """The password is right; the code that was mailed must follow."""

    challenge_id: uuid.UUID


def sign_in(
    email: str, password: str, *, address: str, device: str = ""
) -> SignedIn | SecondFactorNeeded:
    """`device`: see `devices.device_of`. Raises WrongCredentials, TooManyAttempts."""
    user = check_password(email, password, address=address)
    if user.require_otp:
        one_time_codes.count_request(user.email, CodePurpose.SECOND_FACTOR, address=address)
        return SecondFactorNeeded(
            one_time_codes.challenge(user.email, CodePurpose.SECOND_FACTOR, user=user)
        )
    _arrive(user, address, device, "password")
    return SignedIn(user)


def request_code(email: str, *, address: str) -> uuid.UUID:
    """The challenge of a code by mail, instead of a password. Raises TooManyAttempts."""
    one_time_codes.count_request(email, CodePurpose.SIGN_IN, address=address)
    return one_time_codes.challenge(email, CodePurpose.SIGN_IN)


def sign_in_with_code(
    challenge_id: uuid.UUID, code: str, *, address: str, device: str = ""
) -> SignedIn:
    """Answer a challenge of `sign_in`, `request_code` or `register`. Raises CodeRefused,
    TooManyAttempts; NotAllowed for somebody whose password must come first."""
    user, purpose = one_time_codes.answer(
        challenge_id, code, purposes=SIGN_IN_PURPOSES, address=address
    )
    is_second = purpose == CodePurpose.SECOND_FACTOR
    if user.require_otp and not is_second:
        raise NotAllowed(
            gettext(
                "This account asks for both password and code. Sign in with your password; the code"
                " follows."
            ),
            code="password_required",
        )
    _arrive(user, address, device, "password and code" if is_second else "code")
    return SignedIn(user)


def check_password(email: str, password: str, *, address: str) -> User:
    """The active person with this password; counts towards the limits.
    Raises WrongCredentials, TooManyAttempts."""
    counters.count_address(counters.PASSWORD_BY_ADDRESS, address)
    counters.count_attempt(counters.PASSWORD_BY_ACCOUNT, email)
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is None:
        User().set_password(password)  # The same work as a comparison.
    if user is None or not user.check_password(password):
        audit.record("auth.sign_in_failed", email.lower(), address=address)
        raise WrongCredentials
    counters.forget_attempts(counters.PASSWORD_BY_ACCOUNT, email)
    return user


def confirm_password(user: User, password: str, *, address: str) -> None:
    """Somebody who is signed in shows that they are still the owner. Raises AccountError,
    TooManyAttempts."""
    try:
        check_password(user.email, password, address=address)
    except WrongCredentials as error:
        raise AccountError(
            gettext("That is not your password."), code="password_wrong", field="current_password"
        ) from error


def _arrive(user: User, address: str, device: str, by: str) -> None:
    user.last_login = timezone.now()
    user.save(update_fields=["last_login"])
    detail: dict[str, Any] = {"by": by, "device": device} if device else {"by": by}
    audit.record("auth.signed_in", user, actor=audit.actor_of(user), address=address, **detail)
