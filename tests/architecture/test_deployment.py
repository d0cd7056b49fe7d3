"""What operators are told and given is true."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.architecture.sources import ROOT, source_files

READ = re.compile(r"""env_(?:str|bool|int|list|secret)\(\s*"([A-Z_]+)\"""")
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
SERVICES = {
    "beat", "db", "flower", "migrate", "redis", "watch-mail", "web", "worker-default",
    "worker-mail",
}  # fmt: skip


def services() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
    return loaded


def test_every_variable_that_is_read_is_documented() -> None:
    read = {name for path in source_files() for name in READ.findall(path.read_text())}
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs/operating.md").read_text()))
    assert read - documented == set()


def test_every_part_has_its_container_and_its_health_check() -> None:
    assert set(services()) == SERVICES
    without = {name for name, service in services().items() if "healthcheck" not in service}
    assert without == {"migrate"}


def test_what_must_be_set_is_asked_for_and_has_no_value_in_a_file() -> None:
    required = set(re.findall(r"\$\{(\w+):\?", COMPOSE))
    example = dict(
        line.split("=", 1)
        for line in (ROOT / "deploy/env.example").read_text().splitlines()
        if "=" in line and not line.startswith("#")
    )
    assert required <= set(example)
    assert required >= {"SECRET_KEY", "FIELD_KEYS", "APP_PASSWORD", "OWNER_PASSWORD"}
    assert [name for name in required if re.search("KEY|PASS|AUTH", name) and example[name]] == []


def test_only_migrations_connect_as_the_owner() -> None:
    owners = {
        name
        for name, service in services().items()
        if "inledger_owner" in str(service.get("environment", ""))
    }
    assert owners == {"migrate"}


def test_every_direct_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs/decisions/0002-dependencies.md").read_text().lower()
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            package = re.match(r"([\w.-]+)", line)
            if package and not line.startswith(("#", "-")):
                assert package[1].lower() in reasons, package[1]
