"""What the tests of calendars share."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from tenancy.models import Tenant
from tests.organizer.test_contacts import client


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    return client(in_tenant)
