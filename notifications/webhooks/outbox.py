"""Events on their way out: written with what they tell about, sent by jobs."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db.models import Exists, OuterRef

from jobs.runner import JobRunner
from notifications.models import DeliveryState, Webhook, WebhookDelivery, WebhookState
from tenancy.ids import new_id
from tenancy.scope import all_tenants
from tenancy.wording import worded

# Every event by its name, and what it means. An app that tells one calls `emit`.
EVENTS: Final[dict[str, str]] = {
    "transaction.created": "A transaction was proposed or booked.",
    "transaction.changed": "A transaction was changed; `fields` names what.",
    "transaction.voided": "A transaction was voided, or merged into another.",
    "review_item.opened": "Something waits for a person's decision.",
    "import.finished": "An imported file or archive was read to its end.",
    "notification.told": "Members are told a fact of the ledger; `kind` and `key` name it.",
}
PING: Final = "ping"
DELIVER: Final = "notifications.deliver_webhooks"
AT_ONCE: Final = 500

Event = tuple[str, Mapping[str, Any]]


def emit(events: Sequence[Event]) -> None:
    """Tell the webhooks that want them, in the caller's transaction: one query where there are
    none, two where there are."""
    if not events:
        return
    hooks = list(Webhook.objects.filter(state=WebhookState.ACTIVE).only("pk", "events"))
    rows = []
    for name, data in events if hooks else ():
        event_id = uuid.uuid4()
        rows += [
            WebhookDelivery(
                id=new_id(), webhook=hook, event=name, event_id=event_id, data=dict(data)
            )
            for hook in hooks
            if name in hook.events
        ]
    WebhookDelivery.objects.bulk_create(rows, batch_size=AT_ONCE)


def is_heard(name: str) -> bool:
    """Whether a webhook wants to be told of such events."""
    hooks = Webhook.objects.filter(state=WebhookState.ACTIVE).only("events")
    return any(name in hook.events for hook in hooks)


def enqueue_deliveries() -> None:
    """A job for each active webhook for which something waits (see `settings.JOB_SOURCES`)."""
    waiting = WebhookDelivery.objects.filter(
        tenant=OuterRef("tenant"), webhook=OuterRef("pk"), state=DeliveryState.WAITING
    )
    with all_tenants("which webhooks have something waiting"):
        hooks = Webhook.objects.filter(Exists(waiting), state=WebhookState.ACTIVE).order_by("pk")
        found = list(hooks.values_list("pk", "tenant_id")[:AT_ONCE])
    for pk, tenant_id in found:
        JobRunner.enqueue(
            DELIVER, tenant_id=tenant_id, subject=str(pk), trigger=worded("Events wait")
        )
