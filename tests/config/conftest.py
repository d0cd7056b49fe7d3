from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from rest_framework.test import APIClient

from tenancy.models import Tenant
from tests.make import make_user


@pytest.fixture
def api(settings: LazySettings, tenant: Tenant) -> Iterator[APIClient]:
    """Somebody who acts for `tenant` through the test API."""
    settings.ROOT_URLCONF = "tests.config.api"
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.config.api.HeaderScope"]
    headers: dict[str, Any] = {"X-User": make_user().email, "X-Tenant-ID": str(tenant.id)}
    client = APIClient(raise_request_exception=False, headers=headers)
    yield client
