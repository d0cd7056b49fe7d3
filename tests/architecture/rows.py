"""One row of each kind that an address can name, for the walk in `test_routes`.

A new viewset on a new model fails that walk until its model has a maker here. A maker is called
in the world's tenant scope, several times, and each row must be one that the world's member sees
in the list of its kind.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.models import ApiToken, Invitation, Membership, Role, User
from extraction.models import EmailExtraction, LLMTransaction
from finance.categories import add_category
from finance.models import CategoryKind, ReviewItem
from jobs.models import Job
from mail_ingest.imports import upload_account
from mail_ingest.models import Email, MailImport, RawMessage
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted, make_proposed
from tests.make import make_user


@dataclass(frozen=True, slots=True)
class World:
    """A tenant and the person who looks at it."""

    tenant: Tenant
    member: User


Maker = Callable[[World], Model]
_numbers = count(1)


def make_role(world: World) -> Model:
    row: Role = Role.objects.create(key=f"role-{next(_numbers)}", name="Auditor")
    return row


def make_membership(world: World) -> Model:
    user = make_user(f"member-{next(_numbers)}@example.org")
    row: Membership = Membership.objects.create(user=user, role=Role.objects.get(key="user"))
    return row


def make_member_user(world: World) -> Model:
    make_membership(world)
    return User.objects.latest("created_at")


def make_invitation(world: World) -> Model:
    row: Invitation = Invitation.objects.create(
        email=f"guest-{next(_numbers)}@example.org",
        role=Role.objects.get(key="user"),
        expires_at=timezone.now() + timedelta(days=1),
    )
    return row


def make_token(world: World) -> Model:
    number = next(_numbers)
    row: ApiToken = ApiToken.objects.create(
        membership=Membership.objects.get(user=world.member),
        name=f"Token {number}",
        token_hash=f"{number:064}",
        expires_at=timezone.now() + timedelta(days=1),
    )
    return row


def make_job(world: World) -> Model:
    row: Job = Job.objects.create(
        tenant=world.tenant, kind="jobs.clean_up", subject=str(next(_numbers))
    )
    return row


def make_connected_account(world: World) -> Model:
    return upload_account(f"Archive {next(_numbers)}", is_own=False)


def make_import(world: World) -> Model:
    row: MailImport = MailImport.objects.create(
        account=upload_account("Imports", is_own=False), name="mail.mbox", path="/nowhere", size=0
    )
    return row


def make_email(world: World) -> Model:
    number = next(_numbers)
    raw = RawMessage.objects.create(
        sha256=f"{number:064}", size=10, data=zlib.compress(f"Subject: {number}\r\n\r\n".encode())
    )
    row: Email = Email.objects.create(
        account=upload_account("Messages", is_own=False),
        raw=raw,
        ref=str(number),
        subject=f"Message {number}",
        received_at=timezone.now(),
        size=raw.size,
    )
    return row


def make_financial_account(world: World) -> Model:
    return make_account(f"Account {next(_numbers)}")


def make_category(world: World) -> Model:
    return add_category(f"Category {next(_numbers)}", kind=CategoryKind.EXPENSE)


def make_transaction(world: World) -> Model:
    return make_posted(make_account(f"Account {next(_numbers)}"))


def make_review_item(world: World) -> Model:
    proposed = make_proposed(make_account(f"Account {next(_numbers)}"))
    row: ReviewItem = ReviewItem.objects.get(transaction=proposed)
    return row


def make_extraction(world: World) -> Model:
    row: EmailExtraction = EmailExtraction.objects.create(
        email=make_email(world), reader_version=1, state="noted"
    )
    return row


def make_llm_transaction(world: World) -> Model:
    row: LLMTransaction = LLMTransaction.objects.create(
        email=make_email(world), purpose="extract", backend="none", requested_model="none",
        outcome="ok",
    )  # fmt: skip
    return row


MAKERS: dict[str, Maker] = {
    "accounts.ApiToken": make_token,
    "accounts.Invitation": make_invitation,
    "accounts.Membership": make_membership,
    "accounts.Role": make_role,
    "accounts.User": make_member_user,
    "extraction.EmailExtraction": make_extraction,
    "extraction.LLMTransaction": make_llm_transaction,
    "finance.Category": make_category,
    "finance.FinancialAccount": make_financial_account,
    "finance.ReviewItem": make_review_item,
    "finance.Transaction": make_transaction,
    "jobs.Job": make_job,
    "mail_ingest.ConnectedAccount": make_connected_account,
    "mail_ingest.Email": make_email,
    "mail_ingest.MailImport": make_import,
    "tenancy.Tenant": lambda world: world.tenant,
}
# Lists whose rows are not a tenant's.
NOT_GROWING = {"/api/v1/tenants": "lists the tenants of the one who asks"}


def make_row(model: type[Model], world: World) -> Any:
    label = model._meta.label
    assert label in MAKERS, f"Add a maker of {label} to tests/architecture/rows.py."
    return MAKERS[label](world)
