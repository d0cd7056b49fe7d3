"""Is this process alive, and can it serve? For load balancers and Docker; open to all, so it
tells names and states only. Reasons go to the log."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from kombu import Connection
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_SECONDS = 2


def livez(request: HttpRequest) -> JsonResponse:
    """The process answers. Touches nothing else."""
    return JsonResponse({"status": "ok"})


def readyz(request: HttpRequest) -> JsonResponse:
    """503 unless each part that a request needs is there."""
    checks = {name: check() for name, check in CHECKS.items()}
    ready = all(state in ("ok", "embedded") for state in checks.values())
    body = {"status": "ok" if ready else "unavailable", "checks": checks}
    return JsonResponse(body, status=200 if ready else 503)


def check_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        logger.warning("readyz: the database is unreachable: %s", error)
        return "unreachable"
    return "ok"


def check_migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
    except Error:
        return "unknown"
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(missing)} not applied" if missing else "ok"


def check_broker() -> str:
    if settings.EMBEDDED:
        return "embedded"
    try:
        with Connection(settings.BROKER_URL, connect_timeout=BROKER_TIMEOUT_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, timeout=BROKER_TIMEOUT_SECONDS)
    except (OperationalError, OSError) as error:
        logger.warning("readyz: the broker is unreachable: %s", error)
        return "unreachable"
    return "ok"


CHECKS: dict[str, Callable[[], str]] = {
    "database": check_database,
    "migrations": check_migrations,
    "broker": check_broker,
}
