"""The databases of the tests, and the cast: two tenants that must never see each other.

By default SQLite. With DATABASE_URL naming PostgreSQL as a superuser, the owner makes the schema
and the tests then connect as the runtime role, which row policies bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from config.catalogues import compile_outdated
from tenancy.models import Tenant
from tenancy.row_security import apply_walls
from tenancy.scope import tenant_scope
from tests.fakes.smtp import mailbox  # noqa: F401 - a fixture
from tests.left_out import (  # noqa: F401 - hooks of pytest
    pytest_collection_modifyitems,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tests.make import make_tenant
from tests.migrated import put_migrated_database


def pytest_configure() -> None:
    compile_outdated()


@pytest.fixture(scope="session", autouse=True)
def fast_password_hasher(django_test_environment: None) -> None:
    """Thousands of tests sign somebody in. What depends on the real hasher asks for
    `real_password_hasher`; servers that tests start have it anyway."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def real_password_hasher(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest, django_db_modify_db_settings: None) -> bool:
    """Whether the database is there already: on SQLite a copy of the one that is made once."""
    if connection.vendor == "sqlite":
        return put_migrated_database(Path(connection.settings_dict["TEST"]["NAME"]))
    return bool(request.config.getvalue("reuse_db"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    if connection.vendor != "postgresql":
        _let_flush_pass_triggers()
        yield
        return
    owner = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    with django_db_blocker.unblock():
        _become_runtime_role()
    yield
    with django_db_blocker.unblock():
        connection.close()
        connection.settings_dict.update(owner)


def _let_flush_pass_triggers() -> None:
    """Transactional tests empty the tables afterwards, append-only ones too."""
    flush = connection.ops.execute_sql_flush

    def flush_without_triggers(statements: list[str]) -> None:
        with connection.cursor() as cursor:
            # No model's, so that flush does not know it.
            cursor.execute("DELETE FROM finance_search_text")
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
            for name, _ in triggers:
                cursor.execute(f'DROP TRIGGER "{name}"')
            flush(statements)
            for _, definition in triggers:
                cursor.execute(definition)

    connection.ops.execute_sql_flush = flush_without_triggers  # type: ignore[method-assign, assignment]


def _become_runtime_role() -> None:
    role = settings.DATABASE_RUNTIME_ROLE
    with connection.cursor() as cursor:
        cursor.execute(
            f"DO $$ BEGIN CREATE ROLE {role} LOGIN PASSWORD 'test';"
            " EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        )
        apply_walls(using=connection.alias)
        # Transactional tests empty the tables afterwards; the application never may.
        cursor.execute(f"GRANT TRUNCATE ON ALL TABLES IN SCHEMA public TO {role}")
    connection.close()
    connection.settings_dict.update(USER=role, PASSWORD="test")


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant(name="Home")


@pytest.fixture
def stranger(db: None) -> Tenant:
    """Another tenant on the same machine."""
    return make_tenant(name="Next door")


@pytest.fixture
def in_tenant(tenant: Tenant) -> Iterator[Tenant]:
    with tenant_scope(tenant.id):
        yield tenant
