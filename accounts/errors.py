"""What can go wrong for a person who signs in, joins or shares; the doors translate it."""

from __future__ import annotations

from tenancy.errors import DomainError


class AccountError(DomainError):
    """What was asked for cannot be done."""


class WrongCredentials(AccountError):
    """Says the same for a wrong password, an unknown address and a closed account."""

    code = "wrong_credentials"
    status = 401

    def __init__(self) -> None:
        super().__init__("That e-mail address and password do not match an account.")


class SessionEnded(AccountError):
    """A refresh token is unknown, expired, revoked, or was used before."""

    code = "session_ended"
    status = 401

    def __init__(self) -> None:
        super().__init__("This session has ended. Sign in again.")


class CodeRefused(AccountError):
    """A one-time code is wrong, expired, used, or was guessed at too often."""

    code = "code_wrong"
    field = "code"


class TooManyAttempts(AccountError):
    """Slow down. `wait` is the number of seconds after which to try again (Retry-After)."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, wait: int) -> None:
        minutes = max(1, round(wait / 60))
        super().__init__(f"Too many attempts. Try again in about {minutes} min.")
        self.wait = wait


class NotAllowed(AccountError):
    """The one who acts may not do this."""

    code = "not_allowed"
    status = 403


class Conflict(AccountError):
    """It contradicts what is there already."""

    code = "conflict"
    status = 409
