from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from mail_ingest import inbound
from mail_ingest.receiving import controller
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


@pytest.fixture
def opened(in_tenant: Tenant) -> inbound.Opened:
    return inbound.open_address()


@pytest.fixture(params=["lmtp", "smtp"])
def mail_server(request: Any, opened: inbound.Opened) -> Iterator[smtplib.SMTP]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    receiver = controller("127.0.0.1", port, is_lmtp=request.param == "lmtp")
    receiver.start()
    client = smtplib.LMTP if request.param == "lmtp" else smtplib.SMTP
    connection = client("127.0.0.1", port, local_hostname="mx.example")
    yield connection
    connection.close()
    receiver.stop()
