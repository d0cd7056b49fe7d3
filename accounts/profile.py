"""What a person changes about themselves."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from accounts import audit, tokens
from accounts.errors import AccountError
from accounts.models import User
from accounts.sign_in import confirm_password


def change(user: User, *, current_password: str = "", address: str = "", **changes: Any) -> None:
    """`name`, `language`, `time_zone`, `require_otp`; the last needs the password, so that a
    stolen session cannot take the second factor away. Raises AccountError, TooManyAttempts."""
    asked = changes.get("require_otp", user.require_otp)
    factor_changes = asked != user.require_otp
    if factor_changes and not current_password:
        raise AccountError(
            gettext("Give your password to change whether a code must follow it."),
            code="password_required",
            field="current_password",
        )
    if factor_changes:
        confirm_password(user, current_password, address=address)
    with transaction.atomic():
        for name, value in changes.items():
            setattr(user, name, value)
        user.save(update_fields=list(changes))
        if factor_changes:
            action = "auth.second_factor_on" if asked else "auth.second_factor_off"
            audit.record(action, user, actor=audit.actor_of(user), address=address)


@transaction.atomic
def set_active(user: User, *, is_active: bool, by: User) -> None:
    """Close or reopen an account; closing ends its sessions, and its API tokens open nothing.
    Raises AccountError for one's own."""
    if user == by and not is_active:
        raise AccountError(gettext("You cannot close the account that you are signed in with."))
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    if not is_active:
        tokens.revoke_sessions_of(user, "account closed")
    audit.record("user.reopened" if is_active else "user.closed", user, actor=audit.actor_of(by))
