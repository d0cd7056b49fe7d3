"""Limits on guessing, counted in the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.addresses import network
from accounts.errors import TooManyAttempts
from accounts.models import AttemptCounter

MINUTE: Final = 60
HOUR: Final = 60 * MINUTE

INCREMENT: Final = """
    INSERT INTO accounts_attemptcounter (key, since, count) VALUES (%s, %s, 1)
    ON CONFLICT (key, since) DO UPDATE SET count = accounts_attemptcounter.count + 1
    RETURNING count
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` attempts in each window of `seconds`."""

    name: str
    most: int
    seconds: int


PASSWORD_BY_ACCOUNT: Final = Limit("password.account", 10, 15 * MINUTE)
PASSWORD_BY_ADDRESS: Final = Limit("password.address", 50, 15 * MINUTE)
REGISTER_BY_ADDRESS: Final = Limit("register.address", 20, HOUR)
CODE_REQUEST_BY_ACCOUNT: Final = Limit("code_request.account", 6, HOUR)
CODE_REQUEST_BY_ADDRESS: Final = Limit("code_request.address", 40, HOUR)
CODE_BY_ACCOUNT: Final = Limit("code.account", 10, HOUR)
CODE_BY_ADDRESS: Final = Limit("code.address", 60, HOUR)
# Whoever may register may invite: our mail server must not become a tool against others' boxes.
INVITE_BY_TENANT: Final = Limit("invite.tenant", 50, 24 * HOUR)
INVITE_TO_ADDRESS: Final = Limit("invite.address", 5, 24 * HOUR)


def count_attempt(limit: Limit, subject: str) -> None:
    """Count one attempt before it is evaluated, so that attempts made at once all count.
    Raises TooManyAttempts."""
    since = _window(limit)
    row = (_key(limit, subject), connection.ops.adapt_datetimefield_value(since))
    with connection.cursor() as cursor:
        cursor.execute(INCREMENT, row)
        count: int = cursor.fetchone()[0]
    if count > limit.most:
        elapsed = int((timezone.now() - since).total_seconds())
        raise TooManyAttempts(max(1, limit.seconds - elapsed))


def count_address(limit: Limit, address: str) -> None:
    """The same for a network address. Raises TooManyAttempts."""
    count_attempt(limit, network(address))


def forget_attempts(limit: Limit, subject: str) -> None:
    """Somebody has proved who they are: their earlier slips count no more."""
    AttemptCounter.objects.filter(key=_key(limit, subject), since=_window(limit)).delete()


def _window(limit: Limit) -> datetime:
    now = int(timezone.now().timestamp())
    return datetime.fromtimestamp(now - now % limit.seconds, UTC)


def _key(limit: Limit, subject: str) -> str:
    return salted_hmac(f"accounts.{limit.name}", subject.lower(), algorithm="sha256").hexdigest()
