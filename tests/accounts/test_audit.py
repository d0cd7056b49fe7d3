"""The audit trail is added to, and never changed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction

from accounts import audit
from accounts.models import AuditEntry, User
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(tenant: Tenant) -> AuditEntry:
    with tenant_scope(tenant.id):
        audit.record("test.happened", "something", address="203.0.113.9", why="a test")
        found: AuditEntry = AuditEntry.objects.get()
    return found


def change(entry: AuditEntry) -> None:
    AuditEntry.objects.filter(id=entry.id).update(action="nothing.happened")


def delete(entry: AuditEntry) -> None:
    entry.delete()


@pytest.mark.parametrize("attempt", [change, delete])
def test_the_database_refuses_to_change_or_delete(
    entry: AuditEntry, attempt: Callable[[AuditEntry], None]
) -> None:
    with all_tenants("a test"):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt(entry)
        assert AuditEntry.objects.get().action == "test.happened"


def test_it_outlives_the_tenant_and_the_user(alice: User, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        audit.record("test.happened", actor=audit.actor_of(alice))
    tenant_id, user_id = tenant.id, alice.id
    with all_tenants("a test"):
        User.objects.filter(id=alice.id).delete()
        Tenant.objects.filter(id=tenant.id).delete()
        entry = AuditEntry.objects.get(action="test.happened")
    assert (entry.tenant_id, entry.actor_id) == (tenant_id, user_id)
    assert entry.actor_label == "alice@example.org"


def test_a_tenant_sees_its_own_entries_only(entry: AuditEntry, stranger: Tenant) -> None:
    audit.record("auth.something")
    with tenant_scope(stranger.id):
        assert not AuditEntry.objects.exists()
    with all_tenants("a test"):
        assert AuditEntry.objects.filter(tenant=None).count() == 1
