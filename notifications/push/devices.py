"""A person's devices: adding, trying and removing them."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from jobs.runner import JobRunner
from notifications.models import PushDevice
from notifications.push import keys, sealing
from tenancy.addresses import AddressRefused, AddressUnknown
from tenancy.encryption import decrypt, encrypt
from tenancy.errors import DomainError
from tenancy.ids import new_id
from tenancy.outgoing import check_address
from tenancy.scope import all_tenants, current_tenant_id
from tenancy.wording import worded

TRY: Final = "notifications.try_push"
ENDPOINT_FIELD: Final = "PushDevice.endpoint"
KEYS_FIELD: Final = "PushDevice.keys"
SETTING: Final = "PUSH_ALLOWED_PRIVATE_HOSTS"
MOST_DEVICES: Final = 10
LONGEST_ENDPOINT: Final = 2_000
# What a User-Agent calls itself; the first that fits, for many claim to be others too.
BROWSERS: Final = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"), ("Chrome|CriOS|Chromium", "Chrome"), ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS: Final = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


class DeviceRefused(DomainError):
    """A device that cannot be told."""

    code = "push_device"


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a browser's push service gave it."""

    endpoint: str
    p256dh: str
    auth: str


def devices_of(user_id: uuid.UUID) -> QuerySet[PushDevice]:
    rows: QuerySet[PushDevice] = PushDevice.objects.filter(user_id=user_id)
    return rows


def add_device(user_id: uuid.UUID, subscription: Subscription, user_agent: str) -> PushDevice:
    """Tell this browser from now on; known already, its keys are taken anew. Whoever used it
    before is not told on it any more, in no tenant. Raises DeviceRefused."""
    if not keys.is_on():
        raise DeviceRefused(
            gettext("The operator of this installation has not switched this on."), code="push_off"
        )
    _check(subscription)
    found = endpoint_hash(subscription.endpoint)
    with transaction.atomic():
        with all_tenants("a browser tells one person"):
            PushDevice.objects.filter(endpoint_hash=found).exclude(user_id=user_id).delete()
        row = devices_of(user_id).filter(endpoint_hash=found).first()
        if row is None and devices_of(user_id).count() >= MOST_DEVICES:
            raise DeviceRefused(
                worded("At most %(most)s devices. Remove one of them.", most=MOST_DEVICES),
                code="too_many",
            )
        row = row or PushDevice(id=new_id(), user_id=user_id, endpoint_hash=found)
        row.user_agent, row.problem = user_agent[:300], ""
        row.endpoint = _sealed(row, ENDPOINT_FIELD, subscription.endpoint)
        row.keys = _sealed(row, KEYS_FIELD, json.dumps([subscription.p256dh, subscription.auth]))
        row.save()
    return row


def remove_device(device: PushDevice) -> None:
    device.delete()


def try_device(device: PushDevice) -> None:
    """Send a message that says that it works."""
    JobRunner.enqueue(TRY, subject=str(device.pk), priority=1, trigger=worded("A device is tried"))


def subscription_of(device: PushDevice) -> Subscription:
    """Raises DecryptionError."""
    place = {"tenant_id": current_tenant_id(), "pk": device.pk}
    endpoint = decrypt(device.endpoint, field=ENDPOINT_FIELD, **place)
    p256dh, auth = json.loads(decrypt(device.keys, field=KEYS_FIELD, **place))
    return Subscription(endpoint, p256dh, auth)


def addresses_of(endpoint: str) -> list[str]:
    """The checked addresses of a push service. Raises AddressRefused, AddressUnknown."""
    allowed = settings.PUSH_ALLOWED_PRIVATE_HOSTS
    return check_address(endpoint, allowed, setting=SETTING, may_have_query=True)


def endpoint_hash(endpoint: str) -> str:
    return hashlib.sha256(endpoint.encode()).hexdigest()


def device_name(user_agent: str) -> str:
    """“Firefox, Android”: what a person knows the device by."""
    parts = [
        next((name for mark, name in known if re.search(mark, user_agent)), "")
        for known in (BROWSERS, SYSTEMS)
    ]
    return ", ".join(filter(None, parts)) or user_agent[:60] or gettext("Unnamed device")


def _check(subscription: Subscription) -> None:
    if len(subscription.endpoint) > LONGEST_ENDPOINT:
        raise DeviceRefused(gettext("The address is too long."), field="endpoint")
    try:
        addresses_of(subscription.endpoint)
    except (AddressRefused, AddressUnknown) as error:
        raise DeviceRefused(str(error), code="address", field="endpoint") from error
    try:
        sealing.check_keys(
            sealing.from_text(subscription.p256dh), sealing.from_text(subscription.auth)
        )
    except sealing.KeyRefused as error:
        raise DeviceRefused(
            gettext("The browser's keys cannot be used."), code="keys", field="keys"
        ) from error


def _sealed(row: PushDevice, field: str, text: str) -> str:
    return encrypt(text, tenant_id=current_tenant_id(), field=field, pk=row.pk)
