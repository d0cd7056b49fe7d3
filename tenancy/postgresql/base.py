"""Every transaction announces its scope to PostgreSQL, whose row policies compare with it.

The settings are transaction-local: a session-level setting would leak to the next borrower of a
pooled connection. The announcement is made before a transaction's first statement and again when
the scope changes within it; a statement in autocommit mode gets a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.backends.postgresql import base

from tenancy.scope import AllTenants, active_scope

Announcement = tuple[str, str]
NOTHING: Announcement = ("", "")
ANNOUNCE = "SELECT set_config('app.tenant_id', %s, true), set_config('app.all_tenants', %s, true)"


def wanted_announcement() -> Announcement:
    scope = active_scope()
    if scope is None:
        return NOTHING
    if isinstance(scope.tenant, AllTenants):
        return ("", "on")
    return (str(scope.tenant), "")


class DatabaseWrapper(base.DatabaseWrapper):
    announced: Announcement = NOTHING

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(self._with_announcement)

    def _with_announcement(
        self,
        execute: Callable[..., Any],
        sql: str,
        params: Any,
        many: bool,  # noqa: FBT001 - the signature of Django's execute wrappers
        context: dict[str, Any],
    ) -> Any:
        wanted = wanted_announcement()
        if wanted == self.announced:
            return execute(sql, params, many, context)
        if self.get_autocommit():
            with transaction.atomic(using=self.alias):
                return self._with_announcement(execute, sql, params, many, context)
        # A cursor of its own: the statement's may be a named one, which declares what it executes.
        with self.connection.cursor() as cursor:
            cursor.execute(ANNOUNCE, wanted)
        self.announced = wanted
        return execute(sql, params, many, context)

    # A transaction's end, and a rollback to a savepoint, take local settings away.

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's signature
        super()._set_autocommit(autocommit)  # type: ignore[misc] # not in the stubs
        self.announced = NOTHING

    def _commit(self) -> None:
        super()._commit()  # type: ignore[misc] # not in the stubs
        self.announced = NOTHING

    def _rollback(self) -> None:
        super()._rollback()  # type: ignore[misc] # not in the stubs
        self.announced = NOTHING

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc] # not in the stubs
        # What the settings were at the savepoint is not known here: say it again.
        self.announced = ("unknown", "")

    def connect(self) -> None:
        super().connect()
        self.announced = NOTHING
