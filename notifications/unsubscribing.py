"""The link under every mail that stops mails like it, without signing in (RFC 8058).

Its token is signed and good for this one purpose: it opens nothing and shows nothing.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core import signing
from django.urls import reverse

from notifications.kinds import KINDS
from notifications.models import Frequency
from notifications.preferences import set_preference
from tenancy.scope import tenant_scope

SALT = "notifications.unsubscribe"
BY_FREQUENCY = "frequency:"


@dataclass(frozen=True, slots=True)
class Unsubscription:
    tenant_id: uuid.UUID
    user_id: uuid.UUID
    kinds: list[str]


def path_for(tenant_id: uuid.UUID, user_id: uuid.UUID, topic: str) -> str:
    """`topic` is a kind, or `frequency:daily` for all that a digest holds."""
    token = signing.dumps([str(tenant_id), str(user_id), topic], salt=SALT, compress=True)
    return reverse("unsubscribe", args=(token,))


def read(token: str) -> Unsubscription | None:
    """None for a token that we have not signed."""
    try:
        tenant_id, user_id, topic = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    if topic.startswith(BY_FREQUENCY):
        kinds = [name for name, kind in KINDS.items() if not kind.is_urgent]
    else:
        kinds = [topic] if topic in KINDS else []
    return Unsubscription(uuid.UUID(tenant_id), uuid.UUID(user_id), kinds)


def stop(wanted: Unsubscription) -> None:
    """No more e-mails of these kinds; they stay in the notification centre."""
    with tenant_scope(wanted.tenant_id):
        for kind in wanted.kinds:
            if not KINDS[kind].is_urgent:
                set_preference(wanted.user_id, kind, email=Frequency.OFF)
