"""Mail that is sent to us: a private address for each ledger, by SMTP or LMTP from a mail server of
the operator's, or as a signed web request.

Who knows the address may send to it, so nothing of it is verified: it waits in review.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext

from mail_ingest.errors import MailError
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount, InboundAddress
from mail_ingest.providers.base import HEAD_BYTES, MAX_MESSAGE_BYTES, FetchedMessage, MessageRef
from mail_ingest.storage import Stored, prepare, store_emails
from tenancy.encryption import decrypt, encrypt
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import Actor, all_tenants, current_tenant_id, tenant_scope
from tenancy.wording import worded

SECRET_FIELD: Final = "InboundAddress.secret"  # noqa: S105 - the name of a column
FOLDER: Final = "Inbound"
# How far a request's clock may be off, either way; an older one is a replay.
GOOD_FOR_SECONDS: Final = 300
# Letters and digits that are told apart when read aloud.
ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
TOKEN_LENGTH: Final = 20


class InboundRefused(MailError):
    """A message that is not taken; the sender gets the reason."""

    code = "inbound_refused"
    status = 403


class InboundPaused(InboundRefused):
    """A message that is not taken now; who sends it again later may be luckier."""

    code = "not_active"
    status = 503


@dataclass(frozen=True, slots=True)
class Opened:
    """A new address, and the secret of its web requests, which is shown this once."""

    address: InboundAddress
    secret: str


def open_address() -> Opened:
    """The ledger's address; one that was there before is revoked."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        # One at a time: of two addresses at once neither would be revoked.
        Tenant.objects.select_for_update(no_key=True).get(pk=current_tenant_id())
        InboundAddress.objects.filter(revoked_at=None).update(revoked_at=timezone.now())
        live = ConnectedAccount.objects.exclude(state=AccountState.DELETING)
        account = live.filter(kind=AccountKind.INBOUND).first() or ConnectedAccount.objects.create(
            kind=AccountKind.INBOUND, label="Forwarded mail"
        )
        row = InboundAddress(id=new_id(), account=account, token=_new_token())
        row.secret = encrypt(secret, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=row.id)
        row.save(force_insert=True)
    return Opened(row, secret)


def revoke_address() -> int:
    """Take no more mail. Returns how many addresses there were."""
    return InboundAddress.objects.filter(revoked_at=None).update(revoked_at=timezone.now())


def mail_address(row: InboundAddress) -> str:
    """The whole address, for a person to forward to."""
    return f"{row.token}@{settings.INBOUND_DOMAIN or 'your-mail-server'}"


def address_for(token: str) -> InboundAddress | None:
    """The open address of a token, whichever tenant's it is."""
    if not set(token.lower()) <= set(ALPHABET):
        return None
    with all_tenants("whose address is this"):
        found: InboundAddress | None = (
            InboundAddress.objects.filter(
                token=token.lower(), revoked_at=None, tenant__is_active=True
            )
            .select_related("tenant")
            .first()
        )
    return found


def receive(address: InboundAddress, raw: bytes) -> Stored:
    """Store a message; one that is there already changes nothing. Raises InboundRefused when the
    person has paused or deleted what it would go to."""
    with tenant_scope(address.tenant.id, actor=Actor("system", label="inbound mail")):
        account = ConnectedAccount.objects.get(id=address.account_id)
        _check_state(account)
        prepared = prepare(account, [_message(raw)])
        with transaction.atomic():
            stored = store_emails(prepared)
            active = ConnectedAccount.objects.filter(pk=account.pk, state=AccountState.ACTIVE)
            counted = active.update(
                stored_count=F("stored_count") + stored.stored,
                duplicate_count=F("duplicate_count") + stored.duplicates,
                quarantined_count=F("quarantined_count") + stored.quarantined,
                last_fetched_at=timezone.now(),
            )
            if not counted:
                account.refresh_from_db()
                _check_state(account)
        return stored


def _check_state(account: ConnectedAccount) -> None:
    """Raises InboundRefused, InboundPaused."""
    if account.state == AccountState.ACTIVE:
        return
    is_paused = account.state == AccountState.PAUSED
    raise (InboundPaused if is_paused else InboundRefused)(
        worded(
            "“%(label)s” is %(state)s.",
            label=account.label,
            state=account.get_state_display().lower(),
        ),
        code="not_active",
    )


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a request carries: HMAC-SHA256 of `<timestamp>.<body>` in hex."""
    signed = timestamp.encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_address(token: str, timestamp: str, given: str, body: bytes) -> InboundAddress:
    """The address that a web request is for. Raises InboundRefused, which never says whether the
    address exists."""
    address = address_for(token)
    secret = _secret(address) if address else secrets.token_urlsafe(32)
    expected = signature(secret, timestamp, body)
    is_signed = hmac.compare_digest(expected.encode(), given.removeprefix("sha256=").encode())
    if address is None or not is_signed:
        raise InboundRefused(
            gettext(
                "The signature does not fit. It is the HMAC-SHA256 of “<timestamp>.<body>” by the"
                " address's secret, in hex."
            ),
            code="signature_wrong",
        )
    is_number = timestamp.isascii() and timestamp.isdigit()
    if not is_number or abs(timezone.now().timestamp() - int(timestamp)) > (GOOD_FOR_SECONDS):
        raise InboundRefused(
            gettext(
                "The timestamp is more than five minutes off: send the current Unix time in"
                " seconds."
            ),
            code="timestamp_off",
        )
    return address


def _secret(address: InboundAddress) -> str:
    with tenant_scope(address.tenant.id):
        return decrypt(
            address.secret, tenant_id=address.tenant.id, field=SECRET_FIELD, pk=address.id
        )


def _message(raw: bytes) -> FetchedMessage:
    ref = MessageRef(hashlib.sha256(raw).hexdigest(), FOLDER, len(raw))
    if len(raw) <= MAX_MESSAGE_BYTES:
        return FetchedMessage(ref, raw, received_at=timezone.now())
    return FetchedMessage(ref, raw[:HEAD_BYTES], is_truncated=True, received_at=timezone.now())


def _new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(TOKEN_LENGTH))
