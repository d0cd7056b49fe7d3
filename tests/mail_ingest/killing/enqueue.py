"""Make a tenant for each case that standard input names, connect its source, and enqueue what
reads it: {"cases": [{"source", "kind", "step", "at", "how", …}], "mbox": path, "imap": {…}}."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - after the set-up
from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: E402

from mail_ingest.connecting import connect_account, fetch_now  # noqa: E402
from mail_ingest.imports import import_upload  # noqa: E402
from mail_ingest.models import ConnectedAccount  # noqa: E402
from mail_ingest.secrets import seal_secret  # noqa: E402
from tenancy.ids import new_id  # noqa: E402
from tenancy.models import Tenant  # noqa: E402
from tenancy.scope import current_tenant_id, tenant_scope  # noqa: E402
from tests.mail_ingest.killing.faults import case_file  # noqa: E402

# The tokens that the fake servers take before any was renewed.
TOKENS = {"gmail": "access-0", "outlook": "graph-0"}


def main() -> None:
    plan = json.load(sys.stdin)
    for number, case in enumerate(plan["cases"]):
        tenant = Tenant.objects.create(name=f"{number}", currency="EUR")
        case_file(settings.DATA_DIR, tenant.id).write_text(json.dumps(case))
        with tenant_scope(tenant.id):
            begin(case["source"], case["user"], plan)


def begin(source: str, user: str, plan: dict[str, Any]) -> None:
    if source == "mbox":
        import_upload(SimpleUploadedFile("mbox", Path(plan["mbox"]).read_bytes()), is_own=False)
    elif source == "imap":
        fetch_now(connect_account(label=user, username=user, **plan["imap"]))
    else:
        fetch_now(by_token(source, user))


def by_token(kind: str, user: str) -> ConnectedAccount:
    account = ConnectedAccount(
        id=new_id(), tenant_id=current_tenant_id(), kind=kind, label=user, username=user,
        subject=user,
    )  # fmt: skip
    expires_at = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    tokens = {"access_token": TOKENS[kind], "refresh_token": "r", "expires_at": expires_at}
    account.secret = seal_secret(account, json.dumps(tokens))
    account.save(force_insert=True)
    return account


main()
