"""/livez and /readyz."""

from __future__ import annotations

from typing import Any

from django.conf import LazySettings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_livez_touches_nothing(client: Client, db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        answer = client.get("/livez")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_livez_and_readyz_answer_plain_http_behind_https(
    client: Client, db: None, settings: LazySettings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/api/docs").status_code == 301


def test_readyz_names_each_part(client: Client, db: None) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "broker": "embedded"},
    }


def test_readyz_is_unavailable_while_a_migration_is_missing(client: Client, db: None) -> None:
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("jobs")
    MigrationRecorder(connection).record_unapplied(*newest)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["migrations"].endswith("not applied")


def test_readyz_is_unavailable_without_its_broker(
    client: Client, db: None, settings: LazySettings
) -> None:
    settings.EMBEDDED = False
    settings.BROKER_URL = "redis://127.0.0.1:9/0"
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "unavailable"
    assert answer.json()["checks"]["broker"] == "unreachable"
