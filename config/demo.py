"""The demo: a household with a mailbox of sample mail, which comes in as any other mail does."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import Membership, User
from accounts.tenants import create_tenant
from config.env import local_secret
from mail_ingest.imports import start_import
from mail_ingest.models import MailImport
from tenancy.models import Tenant
from tenancy.scope import Actor, all_tenants, tenant_scope

EMAIL = "demo@inledger.example"
SAMPLES = settings.BASE_DIR / "tests" / "samples"
MAILBOX = "Sample mailbox"


@dataclass(frozen=True, slots=True)
class Demo:
    """How to sign in."""

    email: str
    password: str


def ensure_demo() -> Demo:
    """Make the demo's tenant and import its mailbox, unless that is done already."""
    folder = settings.DATA_DIR / "demo"
    password = local_secret(folder / "password", lambda: get_random_string(12))
    with transaction.atomic():
        user = demo_user(password)
        tenant = demo_tenant(user)
        with tenant_scope(tenant.id, actor=Actor("command", user.id, "demo")):
            if not MailImport.objects.exists():
                start_import(archive(folder), is_own=True, account_label=MAILBOX)
    return Demo(EMAIL, password if user.check_password(password) else "the one that you have set")


def demo_user(password: str) -> User:
    user = User.objects.filter(email=EMAIL).first()
    if user is None:
        user = User.objects.create_user(
            EMAIL, password, name="Lena Brandt", email_verified_at=timezone.now()
        )
    return user


def demo_tenant(user: User) -> Tenant:
    with all_tenants("the demo looks for its tenant"):
        membership = Membership.objects.filter(user=user).select_related("tenant").first()
    if membership is not None:
        tenant: Tenant = membership.tenant
        return tenant
    return create_tenant(user, "Brandt household", currency="EUR", time_zone="Europe/Berlin")


def archive(folder: Path) -> Path:
    """The sample messages, byte for byte and in order, as the zip that a mail program exports."""
    path = folder / f"{MAILBOX}.zip"
    lines = (SAMPLES / "demo.txt").read_text(encoding="utf-8").splitlines()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (line.strip() for line in lines):
            if name and not name.startswith("#"):
                archive.write(SAMPLES / name, name)
    return path
