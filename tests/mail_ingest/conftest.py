from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from tenancy.models import Tenant
from tests.fakes.dovecot import Dovecot
from tests.make import make_member


@pytest.fixture
def server(settings: LazySettings) -> Iterator[Dovecot]:
    """A mail server on loopback, which the operator has allowed."""
    settings.MAIL_ALLOWED_PRIVATE_HOSTS = ["localhost"]
    settings.MAIL_TIMEOUT_SECONDS = 5
    with Dovecot() as running:
        yield running


@pytest.fixture
def api(tenant: Tenant) -> APIClient:
    """Somebody signed in for `tenant`."""
    client = APIClient(raise_request_exception=False)
    client.force_login(make_member(tenant))
    return client
