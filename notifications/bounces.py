"""Mail that came back after the mail server had taken it: delivery status messages (RFC 3464).

The operator's mail server hands over what comes to the sender's address (`manage.py
record_bounce`). A message counts only if it names a mailing of ours, by its Message-ID, and that
mailing's reader: nobody silences somebody else by inventing one.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from typing import Final

from django.db import transaction
from django.db.models.functions import Now

from notifications.models import DeliverySettings, Mailing, MailingState
from tenancy.scope import all_tenants, tenant_scope

# A report holds a whole message at most; what is larger is none.
LARGEST_BYTES: Final = 1 << 20
LONGEST_REASON: Final = 500
OUR_ID: Final = re.compile(r"\s*<([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})@")


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mailing that one address will not get. `reason`: what its mail server said."""

    mailing_id: uuid.UUID
    address: str
    reason: str


def read_bounce(raw: bytes) -> Bounce | None:
    """What a message reports; None for anything but a failure for good (5.x.x): a delay, a
    delivery, a letter."""
    if len(raw) > LARGEST_BYTES:
        return None
    message = message_from_bytes(raw, policy=policy.compat32)
    if message.get_content_type() != "multipart/report":
        return None
    mailing_id = failed = None
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            failed = failed or _failed(part)
        elif part.get_content_type() in ("message/rfc822", "text/rfc822-headers"):
            mailing_id = mailing_id or _mailing_id(part)
    if failed is None or mailing_id is None:
        return None
    return Bounce(mailing_id, *failed)


def _failed(report: Message) -> tuple[str, str] | None:
    """Address and reason of the first recipient that is given up."""
    groups = report.get_payload()
    for group in groups if isinstance(groups, list) else []:
        if not isinstance(group, Message):
            continue
        is_final = str(group.get("Action", "")).strip().lower() == "failed"
        status = str(group.get("Status", "")).strip()
        _, _, address = str(group.get("Final-Recipient", "")).partition(";")
        if is_final and status.startswith("5") and address:
            _, _, said = str(group.get("Diagnostic-Code", "")).partition(";")
            reason = " ".join((said or status).split())
            return address.strip().strip("<>").lower(), reason[:LONGEST_REASON]
    return None


def _mailing_id(part: Message) -> uuid.UUID | None:
    headers = _headers(part)
    found = OUR_ID.match(str(headers.get("Message-ID", "")).lower())
    return uuid.UUID(found[1]) if found else None


def _headers(part: Message) -> Message:
    """Of the message that came back: it is there as a whole, or its headers as a text."""
    payload = part.get_payload()
    if isinstance(payload, list) and isinstance(payload[0], Message):
        return payload[0]
    text = part.get_payload(decode=True)
    return message_from_bytes(text if isinstance(text, bytes) else b"", policy=policy.compat32)


def record_bounce(raw: bytes) -> bool:
    """Mark the mailing, and send no more to the address until its owner says so. Whether it was
    one of ours."""
    bounce = read_bounce(raw)
    if bounce is None:
        return False
    with all_tenants("whose mail came back"):
        found = Mailing.objects.filter(pk=bounce.mailing_id, state=MailingState.SENT)
        mailing: Mailing | None = found.select_related("user", "tenant").first()
    if mailing is None or mailing.user.email.lower() != bounce.address:
        return False
    with tenant_scope(mailing.tenant.id), transaction.atomic():
        Mailing.objects.filter(pk=mailing.pk).update(
            state=MailingState.BOUNCED, error=bounce.reason
        )
        DeliverySettings.objects.update_or_create(
            user_id=mailing.user_id, defaults={"bounced_at": Now(), "bounce": bounce.reason}
        )
    return True
