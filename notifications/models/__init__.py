from notifications.models.mailings import Frequency, Mailing, MailingState
from notifications.models.notifications import Notification
from notifications.models.preferences import DeliverySettings, Preference
from notifications.models.push import Push, PushDevice, PushState
from notifications.models.webhooks import (
    DeliveryState,
    Webhook,
    WebhookDelivery,
    WebhookState,
)

__all__ = [
    "DeliverySettings",
    "DeliveryState",
    "Frequency",
    "Mailing",
    "MailingState",
    "Notification",
    "Preference",
    "Push",
    "PushDevice",
    "PushState",
    "Webhook",
    "WebhookDelivery",
    "WebhookState",
]
