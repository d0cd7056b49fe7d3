"""Does what it is told by lines of JSON on standard input, as web processes and other apps would:
makes people, tells and takes back facts, enters bills. Answers each with a line of JSON."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import date, datetime, time
from typing import Any

import django

django.setup()

from accounts.models import Membership, Role, User  # noqa: E402 - after the set-up
from finance.accounts import open_account  # noqa: E402
from finance.bills.managing import add_bill, dismiss  # noqa: E402
from finance.money import Money  # noqa: E402
from notifications.notify import cancel, notify  # noqa: E402
from notifications.preferences import change_delivery, set_preference  # noqa: E402
from tenancy.models import Tenant  # noqa: E402
from tenancy.scope import tenant_scope  # noqa: E402
from tests.make import make_member, make_tenant  # noqa: E402


def tenant(name: str, time_zone: str) -> str:
    made = make_tenant(name=name, time_zone=time_zone)
    with tenant_scope(made.id):
        # Daily work is done where there is an account.
        open_account("Giro", "EUR")
    return str(made.id)


def member(tenant: str, email: str, **fields: str) -> str:
    with tenant_scope(uuid.UUID(tenant)):
        user = User.objects.filter(email=email).first()
        if user is None:
            user = make_member(Tenant.objects.get(id=tenant), email=email, **fields)
        else:
            Membership.objects.create(user=user, role=Role.objects.get(key="admin"))
    return str(user.id)


def prefer(tenant: str, user: str, kinds: dict[str, Any], **hours: Any) -> None:
    with tenant_scope(uuid.UUID(tenant)):
        for kind, often in kinds.items():
            set_preference(uuid.UUID(user), kind, email=often)
        clocks = {name: time.fromisoformat(hours[name]) for name in hours if "muted" not in name}
        if "muted_until" in hours:
            clocks["muted_until"] = datetime.fromisoformat(hours["muted_until"])  # type: ignore[assignment]
        change_delivery(uuid.UUID(user), **clocks)


def tell(
    tenant: str, kind: str, key: str, facts: dict[str, Any],
    users: list[str] | None = None, at: str | None = None,
) -> int:  # fmt: skip
    with tenant_scope(uuid.UUID(tenant)):
        return notify(
            kind,
            key=key,
            facts=facts,
            link="/notifications/",
            users=None if users is None else [uuid.UUID(user) for user in users],
            at=datetime.fromisoformat(at) if at else None,
        )


def take_back(tenant: str, kind: str, key: str) -> int:
    with tenant_scope(uuid.UUID(tenant)):
        return cancel(kind, key=key)


def bill(tenant: str, payee: str, due_on: str) -> str:
    with tenant_scope(uuid.UUID(tenant)):
        return str(add_bill(payee, Money(8450, "EUR"), date.fromisoformat(due_on)).pk)


def settle_bill(tenant: str, bill: str) -> None:
    with tenant_scope(uuid.UUID(tenant)):
        dismiss(uuid.UUID(bill))


VERBS = {
    "tenant": tenant, "member": member, "prefer": prefer, "tell": tell, "take_back": take_back,
    "bill": bill, "settle_bill": settle_bill,
}  # fmt: skip


def main() -> None:
    for line in sys.stdin:
        verb, arguments = json.loads(line)
        sys.stdout.write(json.dumps(VERBS[verb](**arguments)) + "\n")
        sys.stdout.flush()


main()
