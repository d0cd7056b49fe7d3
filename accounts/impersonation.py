"""An operator looks at a ledger as one of its people sees it: for a reason, a while, on record.

The session stays the operator's own. It names whose pages it shows, why, and until when; it ends by
itself. What they see is what that person may see, but for SECRETS; nothing is changed, unless the
installation says so (IMPERSONATION=write). The person finds it in their settings (`seen_by`).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import audit
from accounts.addresses import client_address
from accounts.errors import AccountError, NotAllowed
from accounts.models import AuditEntry, Membership, User
from tenancy.scope import Actor, all_tenants

SESSION: Final = "impersonation"
LASTS: Final = timedelta(minutes=30)
BEGUN: Final = "impersonation.begun"
ENDED: Final = "impersonation.ended"
# What proves or passes on who somebody is, and what they are told: theirs alone.
SECRETS: Final = frozenset({
    "tokens:read", "tokens:write", "calendars:read", "calendars:write", "webhooks:read",
    "webhooks:write", "models:write", "members:write", "notifications:read",
    "notifications:write",
})  # fmt: skip
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Impersonation:
    """`operator` looks at the ledger of `membership` as its user does."""

    operator: User
    membership: Membership
    reason: str
    until: datetime

    @property
    def person(self) -> User:
        return self.membership.user

    @property
    def actor(self) -> Actor:
        label = f"{self.operator.email} as {self.person.email}"
        return Actor("user", self.operator.id, label)

    @property
    def permissions(self) -> frozenset[str]:
        may = frozenset(self.membership.role.codes) - SECRETS
        return may if may_write() else frozenset(code for code in may if code.endswith(":read"))


def is_allowed() -> bool:
    """Whether this installation knows it at all."""
    return str(settings.IMPERSONATION) in ("read", "write")


def may_write() -> bool:
    return str(settings.IMPERSONATION) == "write"


def homes_of(person: User) -> list[Membership]:
    """The ledgers in which somebody can be looked at; none for an operator: their rights are not
    lent. In the scope of all tenants."""
    if person.is_superuser or person.is_staff or not person.is_active:
        return []
    rows = Membership.objects.select_related("tenant", "role", "user")
    return list(rows.filter(user=person, tenant__is_active=True))


def begin(request: HttpRequest, operator: User, membership: Membership, reason: str) -> None:
    """Raises NotAllowed; AccountError without a reason."""
    if not is_allowed() or not operator.is_superuser or not homes_of(membership.user):
        raise NotAllowed(_("This person cannot be impersonated here."), code="no_impersonation")
    reason = reason.strip()
    if not reason:
        raise AccountError(_("Give a reason."), code="no_reason", field="reason")
    end(request, "another begins")
    until = timezone.now() + LASTS
    request.session[SESSION] = {
        "operator": str(operator.id), "membership": str(membership.id), "reason": reason,
        "until": until.isoformat(),
    }  # fmt: skip
    _record(request, BEGUN, operator, membership, reason=reason, until=until.isoformat())


def current(request: HttpRequest, operator: User) -> Impersonation | None:
    """What the session shows, if anything. One that is over, or whose operator or person may no
    more, ends here. In the scope of all tenants."""
    kept = request.session.get(SESSION)
    if kept is None:
        return None
    rows = Membership.objects.select_related("tenant", "role", "user")
    membership = rows.filter(id=kept["membership"], tenant__is_active=True).first()
    until = datetime.fromisoformat(kept["until"])
    stands = (
        is_allowed() and operator.is_superuser and kept["operator"] == str(operator.id)
        and membership is not None and bool(homes_of(membership.user))
    )  # fmt: skip
    if membership is None or not stands or until <= timezone.now():
        end(request, "its time was over" if stands else "it is allowed no more")
        return None
    return Impersonation(operator, membership, kept["reason"], until)


def end(request: HttpRequest, why: str) -> uuid.UUID | None:
    """Whose pages were shown; None where nobody's were."""
    kept = request.session.pop(SESSION, None)
    if kept is None:
        return None
    with all_tenants("who was impersonated"):
        rows = Membership.objects.select_related("user")
        membership = rows.filter(id=kept["membership"]).first()
        operator = User.objects.filter(id=kept["operator"]).first()
        if membership is None or operator is None:
            return None
        _record(request, ENDED, operator, membership, why=why)
    return uuid.UUID(str(membership.user_id))


def _record(
    request: HttpRequest, action: str, operator: User, membership: Membership, **detail: str
) -> None:
    audit.record(
        action, membership.user.email, tenant_id=membership.tenant_id,
        actor=audit.actor_of(operator), address=client_address(request),
        person=str(membership.user_id), **detail,
    )  # fmt: skip


def seen_by(person: User) -> Sequence[AuditEntry]:
    """The latest times that an operator looked at somebody's ledgers as them."""
    with all_tenants("who looked at a person's ledgers"):
        tenants = Membership.objects.filter(user=person).values_list("tenant_id", flat=True)
        entries = AuditEntry.objects.filter(tenant_id__in=list(tenants), action=BEGUN)
        return list(entries.filter(detail__person=str(person.id))[:SHOWN])
