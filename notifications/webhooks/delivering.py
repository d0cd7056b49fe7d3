"""Sending what waits for one webhook: in order, one at a time, at least once."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any, Final

import httpx2
from django.utils import timezone

from jobs.base import BaseJob, JobRun, JsonObject, PermanentError, RetryLater
from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from notifications.webhooks.managing import addresses_of, secret_of
from notifications.webhooks.outbox import DELIVER
from notifications.webhooks.signing import SIGNATURE, signature
from tenancy.addresses import AddressRefused, AddressUnknown
from tenancy.outgoing import waiting_client

TIMEOUT_SECONDS: Final = 10
# After each failed attempt; after the last the webhook is given up: about a day and a half.
PAUSES_SECONDS: Final = (30, 120, 600, 3_600, 3 * 3_600, 8 * 3_600, 24 * 3_600)
IN_ONE_RUN: Final = 200
KEPT_ATTEMPTS: Final = 10
KEPT: Final = timedelta(days=30)
GONE: Final = 410


class NotTaken(Exception):
    """The receiver did not take the delivery; `status` is HTTP's, or None."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class DeliverWebhooks(BaseJob):
    """Subject: the webhook's id."""

    kind = DELIVER
    max_attempts = len(PAUSES_SECONDS) + 1

    def run(self, run: JobRun) -> JsonObject:
        hook: Webhook | None = Webhook.objects.filter(pk=run.info.subject).first()
        sent = 0
        if hook is None or hook.state != WebhookState.ACTIVE:
            return {"sent": sent}
        waiting = WebhookDelivery.objects.filter(webhook=hook, state=DeliveryState.WAITING)
        for delivery in waiting.order_by("id")[:IN_ONE_RUN]:
            self.deliver(run, hook, delivery)
            sent += 1
            run.progress(sent)
        with run.fenced():
            old = WebhookDelivery.objects.filter(webhook=hook, state=DeliveryState.DELIVERED)
            old.filter(delivered_at__lt=timezone.now() - KEPT).delete()
        return {"sent": sent}

    def deliver(self, run: JobRun, hook: Webhook, delivery: WebhookDelivery) -> None:
        """Raises RetryLater, PermanentError; either way the attempt is on the row."""
        try:
            status = post(hook, delivery)
        except NotTaken as error:
            self.note(run, delivery, error.status, str(error))
            if error.status == GONE:
                raise PermanentError(str(error)) from error
            pause = PAUSES_SECONDS[min(run.info.attempt, len(PAUSES_SECONDS)) - 1]
            raise RetryLater(str(error), after_seconds=pause) from error
        except AddressRefused as error:
            self.note(run, delivery, None, str(error))
            raise PermanentError(str(error)) from error
        self.note(run, delivery, status, "")

    @staticmethod
    def note(run: JobRun, delivery: WebhookDelivery, status: int | None, error: str) -> None:
        now = timezone.now()
        attempt = {"at": now.isoformat(), "status": status, "error": error[:300]}
        with run.fenced():
            delivery.attempts = [*delivery.attempts, attempt][-KEPT_ATTEMPTS:]
            if not error:
                delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, now
            delivery.save(update_fields=["attempts", "state", "delivered_at"])

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        hooks = Webhook.objects.filter(pk=run.info.subject, state=WebhookState.ACTIVE)
        known = isinstance(error, PermanentError | RetryLater)
        problem = str(error)[:300] if known else "It stopped with an unexpected error."
        hooks.update(problem=problem, **({"state": WebhookState.FAILING} if final else {}))


def post(hook: Webhook, delivery: WebhookDelivery) -> int:
    """Send one delivery; the answer's body is not read. Returns the status, 2xx. Raises NotTaken,
    AddressRefused."""
    body, now = json.dumps(envelope(delivery)).encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Inledger-Webhooks/1",
        "Inledger-Event": delivery.event,
        "Inledger-Delivery": str(delivery.pk),
        SIGNATURE: signature(secret_of(hook), body, now),
    }
    try:
        with (
            waiting_client(addresses_of(hook.url), TIMEOUT_SECONDS) as client,
            client.stream("POST", hook.url, content=body, headers=headers) as answer,
        ):
            status: int = answer.status_code
    except AddressUnknown as error:
        raise NotTaken(str(error)) from error
    except httpx2.HTTPError as error:
        raise NotTaken(f"No answer: {error or type(error).__name__}.") from error
    if not 200 <= status < 300:
        raise NotTaken(f"The receiver answered {status}.", status)
    return status


def envelope(delivery: WebhookDelivery) -> dict[str, Any]:
    """What is sent: who, what and when; amounts and names are read over the API, by whoever may."""
    return {
        "id": str(delivery.event_id),
        "event": delivery.event,
        "tenant": str(delivery.tenant_id),
        "created_at": delivery.created_at.isoformat(),
        "data": delivery.data,
    }
