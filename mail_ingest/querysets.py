"""Reading connected accounts across tenants: for /healthz/deep."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils import timezone

from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from tenancy.scope import all_tenants


@dataclass(frozen=True, slots=True)
class MailboxHealth:
    """How this installation's mailboxes are doing, across all tenants."""

    oldest_fetch_seconds: float
    """How long ago the active mailbox that has waited longest was read; 0 when there is none."""
    needs_attention: int
    """How many a person has to look at: a password refused, a certificate unknown."""


def mailbox_health() -> MailboxHealth:
    with all_tenants("the mailboxes' health"):
        mailboxes = ConnectedAccount.objects.exclude(
            kind__in=(AccountKind.UPLOAD, AccountKind.INBOUND)
        )
        first = mailboxes.filter(state=AccountState.ACTIVE).aggregate(
            first=Min(Coalesce("last_fetched_at", "created_at"))
        )["first"]
        return MailboxHealth(
            oldest_fetch_seconds=(
                max(0.0, (timezone.now() - first).total_seconds()) if first else 0
            ),
            needs_attention=mailboxes.filter(
                state__in=(AccountState.NEEDS_ATTENTION, AccountState.RECONNECT)
            ).count(),
        )
