"""What Django's own deployment checks ask, and what every answer tells a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.architecture.rows import World, make_email
from tests.architecture.sources import ROOT
from tests.make import make_member
from tests.pages import signed_in


def manage(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HTTPS": "true", "DATABASE_URL": "sqlite://"}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment | {"DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_deployment_and_its_api_document_raise_no_warning(tmp_path: Path) -> None:
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_nobody_may_frame_a_page(client: Client, db: None) -> None:
    headers = client.get("/login/").headers
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_a_messages_html_is_framed_by_our_own_page_alone(tenant: Tenant) -> None:
    world = World(tenant, make_member(tenant))
    with tenant_scope(tenant.id):
        email = make_email(world)
    headers = signed_in(world.member).get(f"/emails/{email.pk}/html/").headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'none'" in policy


@pytest.mark.django_db
def test_the_log_keeps_no_secret_of_an_address(client: Client, caplog: Any) -> None:
    for path in ("/calendar/cal_very-secret.ics", "/unsubscribe/very-secret/"):
        assert client.get(path).status_code == 404
    # The console's filters blank the record itself, before pytest's handler sees it.
    assert caplog.messages == ["Not Found: /calendar/…", "Not Found: /unsubscribe/…/"]
