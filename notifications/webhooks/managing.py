"""Adding, changing and looking after webhooks."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from notifications.webhooks.outbox import EVENTS, PING
from notifications.webhooks.signing import new_secret
from tenancy.addresses import AddressRefused, AddressUnknown
from tenancy.encryption import decrypt, encrypt
from tenancy.errors import DomainError
from tenancy.ids import new_id
from tenancy.outgoing import check_address
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

SECRET_FIELD: Final = "Webhook.secret"  # noqa: S105 - the place, not the secret
SETTING: Final = "WEBHOOK_ALLOWED_PRIVATE_HOSTS"
MOST_WEBHOOKS: Final = 20


class WebhookError(DomainError):
    """Bad input to a verb on webhooks."""

    code = "webhook"


class NoWebhook(WebhookError):
    """There is no such webhook, or delivery, in this ledger."""

    code = "not_found"
    status = 404


def add_webhook(name: str, url: str, events: Iterable[str]) -> tuple[Webhook, str]:
    """A new webhook and its secret, which is told here alone. Raises WebhookError."""
    wanted = _events(events)
    _check(url)
    if Webhook.objects.count() >= MOST_WEBHOOKS:
        raise WebhookError(
            worded("A ledger has at most %(most)s webhooks.", most=MOST_WEBHOOKS),
            code="too_many",
        )
    row = Webhook(id=new_id(), name=_name(name), url=url, events=wanted)
    secret = _seal(row)
    row.save(force_insert=True)
    return row, secret


def change_webhook(webhook_id: uuid.UUID, changes: Mapping[str, Any]) -> Webhook:
    """Change `name`, `url`, `events` or `state` (active or paused). Raises WebhookError."""
    if "url" in changes:
        _check(changes["url"])
    with transaction.atomic():
        row = _locked(webhook_id)
        if "name" in changes:
            row.name = _name(changes["name"])
        if "events" in changes:
            row.events = _events(changes["events"])
        row.url = changes.get("url", row.url)
        if "state" in changes:
            if changes["state"] not in (WebhookState.ACTIVE, WebhookState.PAUSED):
                raise WebhookError(
                    gettext("It can be active or paused."), code="state", field="state"
                )
            row.state, row.problem = changes["state"], ""
        row.save()
    return row


def renew_secret(webhook_id: uuid.UUID) -> tuple[Webhook, str]:
    """A new secret, told here alone; the old one signs nothing any more. Raises NoWebhook."""
    with transaction.atomic():
        row = _locked(webhook_id)
        secret = _seal(row)
        row.save(update_fields=["secret"])
    return row, secret


def remove_webhook(webhook_id: uuid.UUID) -> None:
    """With its deliveries. Raises NoWebhook."""
    with transaction.atomic():
        row = _locked(webhook_id)
        WebhookDelivery.objects.filter(webhook=row).delete()
        row.delete()


def send_ping(webhook_id: uuid.UUID) -> WebhookDelivery:
    """An event that says nothing, to try the receiver. Raises NoWebhook, WebhookError."""
    with transaction.atomic():
        row = _active(_locked(webhook_id))
        made: WebhookDelivery = WebhookDelivery.objects.create(webhook=row, event=PING)
    return made


def resend(delivery_id: uuid.UUID) -> WebhookDelivery:
    """Send it once more, with its event id. Raises NoWebhook, WebhookError."""
    with transaction.atomic():
        found = WebhookDelivery.objects.select_for_update().filter(pk=delivery_id)
        row: WebhookDelivery | None = found.first()
        if row is None:
            raise NoWebhook(
                worded("There is no delivery %(delivery_id)s.", delivery_id=delivery_id)
            )
        _active(_locked(row.webhook_id))
        row.state = DeliveryState.WAITING
        row.save(update_fields=["state"])
    return row


def secret_of(row: Webhook) -> str:
    """Raises DecryptionError."""
    return decrypt(row.secret, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=row.pk)


def addresses_of(url: str) -> list[str]:
    """The checked addresses of a webhook. Raises AddressRefused, AddressUnknown."""
    allowed = settings.WEBHOOK_ALLOWED_PRIVATE_HOSTS
    return check_address(url, allowed, setting=SETTING, may_have_query=True)


def _check(url: str) -> None:
    try:
        addresses_of(url)
    except (AddressRefused, AddressUnknown) as error:
        raise WebhookError(str(error), code="address", field="url") from error


def _events(events: Iterable[str]) -> list[str]:
    wanted = sorted(set(events))
    unknown = [name for name in wanted if name not in EVENTS]
    if unknown or not wanted:
        raise WebhookError(
            worded("Choose of: %(events)s.", events=", ".join(EVENTS)),
            code="events",
            field="events",
        )
    return wanted


def _name(name: str) -> str:
    name = " ".join(name.split())[:80]
    if not name:
        raise WebhookError(gettext("Give it a name."), code="required", field="name")
    return name


def _seal(row: Webhook) -> str:
    secret = new_secret()
    row.secret = encrypt(secret, tenant_id=current_tenant_id(), field=SECRET_FIELD, pk=row.pk)
    return secret


def _locked(webhook_id: uuid.UUID) -> Webhook:
    row: Webhook | None = Webhook.objects.select_for_update().filter(pk=webhook_id).first()
    if row is None:
        raise NoWebhook(worded("There is no webhook %(webhook_id)s.", webhook_id=webhook_id))
    return row


def _active(row: Webhook) -> Webhook:
    if row.state != WebhookState.ACTIVE:
        raise WebhookError(gettext("It is not active: resume it first."), code="not_active")
    return row
