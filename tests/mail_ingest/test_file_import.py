"""Importing files through the command, the upload and the job."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import call_command

from mail_ingest.models import Email, MailImport
from tenancy.models import Tenant
from tests.running import run_due_jobs


def test_quick(tenant: Tenant, tmp_path: Path, in_tenant) -> None:
    p = tmp_path / "a.mbox"
    p.write_bytes(b"".join(b"From a@b Tue Mar  3 10:00:00 2026\nFrom: a@b.c\nSubject: s%d\n\nYou paid 12.30\n\n" % i for i in range(250)))
    call_command("import_mail", str(p), tenant=tenant.name)
    run_due_jobs()
    i = MailImport.objects.get()
    print(vars(i), Email.objects.count(), vars(Email.objects.last()))
    assert Email.objects.count() == 250
