"""The two walls between tenants."""

from __future__ import annotations

import os
import threading

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import Membership, Role
from tenancy.models import Tenant, tenant_models
from tenancy.row_security import NAME, _renew_policies, references, require_runtime_role
from tenancy.scope import NoTenantScope, all_tenants, current_tenant_id, tenant_scope
from tests.make import make_member, make_user

postgresql = pytest.mark.postgresql


def keys() -> list[str]:
    return sorted(Role.objects.values_list("key", flat=True))


def test_a_query_without_a_scope_raises(tenant: Tenant) -> None:
    with pytest.raises(NoTenantScope):
        keys()


def test_a_queryset_built_before_the_scope_binds_when_it_runs(tenant: Tenant) -> None:
    queryset = Role.objects.order_by("key").values_list("key", flat=True)
    with tenant_scope(tenant.id):
        assert list(queryset) == ["admin", "user"]


def test_a_scope_shows_its_own_rows_only(tenant: Tenant, stranger: Tenant) -> None:
    with tenant_scope(stranger.id):
        Role.objects.create(key="theirs", name="Theirs")
    with tenant_scope(tenant.id):
        assert keys() == ["admin", "user"]
        assert not Role.objects.filter(key="theirs").exists()
        assert Role.objects.filter(key="theirs").update(name="Mine") == 0
        assert Role.objects.filter(key="theirs").delete()[0] == 0
    with all_tenants("a test counts them"):
        assert keys() == ["admin", "admin", "theirs", "user", "user"]


def test_related_objects_stay_within_the_scope(tenant: Tenant, stranger: Tenant) -> None:
    make_member(stranger)
    with all_tenants("a test"):
        membership = Membership.objects.get()
    with tenant_scope(tenant.id), pytest.raises(Role.DoesNotExist):
        _ = membership.role
    with tenant_scope(tenant.id), pytest.raises(Membership.DoesNotExist):
        membership.refresh_from_db()


def test_a_row_for_all_tenants_has_no_tenant_to_belong_to(tenant: Tenant) -> None:
    with all_tenants("a test"), pytest.raises(NoTenantScope):
        Role.objects.create(key="nobody", name="Nobody")


def test_a_new_thread_starts_without_a_scope(tenant: Tenant) -> None:
    seen: list[BaseException] = []

    def look() -> None:
        try:
            current_tenant_id()
        except NoTenantScope as error:
            seen.append(error)

    with tenant_scope(tenant.id):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert len(seen) == 1


@postgresql
def test_raw_sql_sees_only_the_scopes_rows(tenant: Tenant, stranger: Tenant) -> None:
    def tenants_in_sight() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT tenant_id FROM accounts_role")
            return {str(row[0]) for row in cursor.fetchall()}

    assert tenants_in_sight() == set()
    with tenant_scope(tenant.id):
        assert tenants_in_sight() == {str(tenant.id)}
    with tenant_scope(stranger.id):
        assert tenants_in_sight() == {str(stranger.id)}
    assert tenants_in_sight() == set()


@postgresql
def test_a_savepoint_rolled_back_keeps_the_scope_announced(
    tenant: Tenant, stranger: Tenant
) -> None:
    with tenant_scope(tenant.id):
        with pytest.raises(RuntimeError), transaction.atomic():
            with tenant_scope(stranger.id):
                assert keys() == ["admin", "user"]
            raise RuntimeError
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_role")
            assert cursor.fetchone()[0] == 2


@postgresql
@pytest.mark.django_db(transaction=True)
def test_autocommit_statements_announce_the_scope_too(tenant: Tenant, stranger: Tenant) -> None:
    with tenant_scope(tenant.id):
        assert keys() == ["admin", "user"]
        assert len(list(Role.objects.iterator(chunk_size=1))) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM accounts_role")
        assert cursor.fetchone()[0] == 0


@postgresql
def test_the_database_refuses_a_row_for_another_tenant(tenant: Tenant, stranger: Tenant) -> None:
    with (
        tenant_scope(tenant.id),
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction.atomic(),
    ):
        Role.objects.create(key="smuggled", name="Smuggled", tenant=stranger)


@postgresql
def test_a_foreign_key_cannot_point_into_another_tenant(tenant: Tenant, stranger: Tenant) -> None:
    user = make_user()
    with tenant_scope(stranger.id):
        theirs = Role.objects.get(key="admin").pk
    with tenant_scope(tenant.id), pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.create(user=user, role_id=theirs)
        connection.check_constraints()


@postgresql
def test_every_tenant_table_has_forced_row_security(db: None) -> None:
    tables = [model._meta.db_table for model in tenant_models()]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname = ANY(%s)"
            " AND relrowsecurity AND relforcerowsecurity",
            [tables],
        )
        assert sorted(row[0] for row in cursor.fetchall()) == tables


@postgresql
def test_a_policy_of_an_earlier_version_is_made_anew(db: None) -> None:
    table = "tenancy_wall_of_old"

    def policy() -> tuple[str, str]:
        cursor.execute("SELECT qual, with_check FROM pg_policies WHERE tablename = %s", [table])
        found = cursor.fetchone()
        assert found is not None
        return found

    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    with psycopg.connect(f"{server}/{connection.settings_dict['NAME']}") as owner:
        cursor = owner.cursor()
        cursor.execute(f"CREATE TABLE {table} (tenant_id uuid)")
        cursor.execute(f"CREATE POLICY {NAME} ON {table} USING (tenant_id IS NULL)")
        assert policy() == ("(tenant_id IS NULL)", None)
        _renew_policies(cursor)
        renewed = policy()
        assert "app.all_tenants" in renewed[0] and renewed[0] == renewed[1]
        _renew_policies(cursor)
        owner.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT qual FROM pg_policies WHERE policyname = %s", [NAME])
        assert cursor.fetchall() == [(renewed[0],)]


@postgresql
def test_each_reference_between_tenant_tables_is_checked_once_and_by_tenant(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, array_agg(a.attname::text ORDER BY a.attname)"
            " FROM pg_constraint c JOIN pg_attribute a"
            " ON a.attrelid = c.conrelid AND a.attnum = ANY(c.conkey)"
            " WHERE c.contype = 'f' GROUP BY c.oid, c.conrelid"
        )
        keys = sorted((table, tuple(columns)) for table, columns in cursor.fetchall())
    wanted = {
        (model._meta.db_table, tuple(sorted(("tenant_id", str(field.column)))))
        for model in tenant_models()
        for field in references(model)
    }
    assert wanted
    for table, columns in wanted:
        (column,) = set(columns) - {"tenant_id"}
        assert [key for key in keys if key[0] == table and column in key[1]] == [(table, columns)]
    for model in tenant_models():
        is_implied = any(not field.null for field in references(model))
        # The audit trail outlives its tenant.
        is_asked = model._meta.get_field("tenant").db_constraint and not is_implied
        assert ((model._meta.db_table, ("tenant_id",)) in keys) is is_asked, model


@postgresql
def test_the_runtime_role_is_accepted(db: None) -> None:
    require_runtime_role()


@postgresql
@pytest.mark.parametrize(
    ("fault", "said"), [("SUPERUSER", "is a superuser"), ("BYPASSRLS", "has BYPASSRLS")]
)
def test_a_role_that_row_security_does_not_bind_is_refused(db: None, fault: str, said: str) -> None:
    role = f"inledger_test_{fault.lower()}"
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        owner.execute(
            f"DO $$ BEGIN CREATE ROLE {role} {fault};"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        owner.execute(f"GRANT {role} TO {settings.DATABASE_RUNTIME_ROLE}")
    with connection.cursor() as cursor:
        cursor.execute(f"SET ROLE {role}")
        try:
            with pytest.raises(
                ImproperlyConfigured, match=fault if fault == "BYPASSRLS" else "superuser"
            ):
                require_runtime_role()
        finally:
            cursor.execute("RESET ROLE")
