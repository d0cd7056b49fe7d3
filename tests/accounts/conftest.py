from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core.mail import EmailMessage
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import start_session
from tenancy.models import Tenant
from tests.make import make_member
from tests.running import run_due_jobs


def client_of(user: User, tenant: Tenant | None = None) -> APIClient:
    """Somebody signed in by access token, naming a tenant if one is given."""
    headers: dict[str, Any] = {"Authorization": f"Bearer {start_session(user).access}"}
    if tenant is not None:
        headers["X-Tenant-ID"] = str(tenant.id)
    return APIClient(headers=headers)


@pytest.fixture
def alice(tenant: Tenant) -> User:
    """Admin of `tenant`, and of nothing else."""
    return make_member(tenant)


@pytest.fixture
def bob(tenant: Tenant) -> User:
    """A plain user of the same tenant."""
    return make_member(tenant, "user", email="bob@example.org")


@pytest.fixture
def eve(stranger: Tenant) -> User:
    """Admin of another tenant."""
    return make_member(stranger, email="eve@example.org")


@pytest.fixture
def within_one_window() -> Iterator[None]:
    """No limit's window ends while the test runs."""
    start_of_hour = timezone.now().replace(minute=0, second=1, microsecond=0)
    with time_machine.travel(start_of_hour):
        yield


@pytest.fixture
def api() -> APIClient:
    """Nobody yet."""
    return APIClient()


@pytest.fixture
def mailed(mailoutbox: list[EmailMessage]) -> Callable[[], EmailMessage]:
    """The one message that due jobs send, once they have run."""

    def only() -> EmailMessage:
        mailoutbox.clear()
        run_due_jobs()
        (message,) = mailoutbox
        return message

    return only


def code_in(message: EmailMessage) -> str:
    found = re.search(r"^    (\d{6})$", str(message.body), re.MULTILINE)
    assert found, message.body
    return found.group(1)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"
