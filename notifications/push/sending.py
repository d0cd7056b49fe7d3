"""Sending to devices: at least once, each device on its own."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from typing import Any, Final

import httpx2
from django.db.models.functions import Now
from django.utils import timezone

from jobs.base import BaseJob, JobRun, JsonObject, RetryLater
from jobs.clock import from_now
from notifications.models import Notification, Push, PushDevice, PushState
from notifications.push import keys, sealing
from notifications.push.devices import TRY, addresses_of, devices_of, subscription_of
from notifications.push.planning import PUSH
from notifications.push.writing import compose, trial
from tenancy.addresses import AddressRefused, AddressUnknown
from tenancy.encryption import DecryptionError
from tenancy.outgoing import waiting_client
from tenancy.wording import worded
from tenancy.wording_field import wording_of

TIMEOUT_SECONDS: Final = 10
# After each attempt that did not reach every device; after the last it is given up.
PAUSES_SECONDS: Final = (30, 120, 600, 3_600, 3 * 3_600)
LONGEST_PAUSE: Final = 6 * 3_600
# A worker that was killed leaves it behind: not at once again.
RETRY_AFTER: Final = 15 * 60
# What is older says nothing new, and no push service keeps it longer for a device that is off.
TOLD_WITHIN: Final = timedelta(days=1)
TOKEN_SECONDS: Final = 12 * 3_600
KEPT: Final = timedelta(days=30)
GONE: Final = (404, 410)
TOO_MANY: Final = 429


class DeviceGone(Exception):
    """The browser has ended its subscription, or never had one."""


class DeviceRefuses(Exception):
    """The push service does not take it, and will not."""


class SendPush(BaseJob):
    """Sends one push, whose id is the job's subject, to the devices that do not have it yet."""

    kind = PUSH
    max_attempts = len(PAUSES_SECONDS) + 1

    def run(self, run: JobRun) -> JsonObject:
        waiting = Push.objects.filter(id=uuid.UUID(run.info.subject), state=PushState.WAITING)
        push: Push | None = waiting.select_related("user").first()
        if push is None:
            return {"reached": 0}
        with run.fenced():
            waiting.update(retry_at=from_now(RETRY_AFTER))
        said, is_urgent = b"", False
        seen = list(Notification.objects.filter(push=push).values_list("id", flat=True))
        if keys.is_on() and push.send_at > timezone.now() - TOLD_WITHIN:
            said, is_urgent = compose(push)
        if not said:
            run.finish(lambda: _end(push, PushState.EMPTY, seen))
            return {"reached": 0}
        pause = self.reach(run, push, said, is_urgent=is_urgent)
        if pause and run.info.attempt < self.max_attempts:
            raise RetryLater(worded("Not every device could be reached."), after_seconds=pause)
        state = PushState.SENT if push.reached else PushState.FAILED
        run.finish(lambda: _end(push, state, seen))
        return {"reached": len(push.reached)}

    @staticmethod
    def reach(run: JobRun, push: Push, said: bytes, *, is_urgent: bool) -> int:
        """Every device once. Returns after how many seconds some are to be tried again, or 0."""
        again = 0
        for device in devices_of(push.user_id).exclude(id__in=push.reached):
            try:
                deliver(device, said, topic=push.pk, is_urgent=is_urgent)
            except RetryLater as error:
                usual = PAUSES_SECONDS[min(run.info.attempt, len(PAUSES_SECONDS)) - 1]
                again = max(again, usual, min(error.after_seconds or 0, LONGEST_PAUSE))
                note(run, device, wording_of(error))
            except DeviceGone:
                with run.fenced():
                    device.delete()
            except DeviceRefuses as error:
                note(run, device, wording_of(error))
            else:
                push.reached = [*push.reached, str(device.pk)]
                with run.fenced():
                    Push.objects.filter(pk=push.pk).update(reached=push.reached)
                note(run, device, "")
        return again


class TryPush(BaseJob):
    """Tells one device, whose id is the job's subject, that notices reach it."""

    kind = TRY
    max_attempts = 1

    def run(self, run: JobRun) -> JsonObject:
        found = PushDevice.objects.filter(pk=run.info.subject).select_related("user")
        device: PushDevice | None = found.first()
        if device is None:
            return {"reached": 0}
        problem = ""
        try:
            deliver(device, trial(device), topic=device.pk, is_urgent=True)
        except DeviceGone:
            with run.fenced():
                device.delete()
            return {"reached": 0}
        except (RetryLater, DeviceRefuses) as error:
            problem = wording_of(error)
        note(run, device, problem)
        return {"reached": 0 if problem else 1}


def note(run: JobRun, device: PushDevice, problem: str) -> None:
    changes: dict[str, Any] = {"problem": problem}
    if not problem:
        changes["last_success_at"] = timezone.now()
    with run.fenced():
        PushDevice.objects.filter(pk=device.pk).update(**changes)


def deliver(device: PushDevice, said: bytes, *, topic: uuid.UUID, is_urgent: bool) -> None:
    """Hand one message to the device's push service. Raises RetryLater, DeviceGone,
    DeviceRefuses."""
    try:
        sent_to = subscription_of(device)
        body = sealing.seal(
            said,
            receiver=sealing.from_text(sent_to.p256dh),
            auth=sealing.from_text(sent_to.auth),
        )
        addresses = addresses_of(sent_to.endpoint)
    except (AddressRefused, DecryptionError) as error:
        raise DeviceRefuses(wording_of(error)) from error
    except AddressUnknown as error:
        raise RetryLater(wording_of(error)) from error
    headers = _headers(sent_to.endpoint, topic, urgency="high" if is_urgent else "normal")
    _judge(*_post(sent_to.endpoint, addresses, body, headers))


def _headers(endpoint: str, topic: uuid.UUID, *, urgency: str) -> dict[str, str]:
    expires = int(time.time()) + TOKEN_SECONDS
    return {
        "Authorization": sealing.authorization(
            keys.installation_key(), endpoint, keys.contact(), expires
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(TOLD_WITHIN.total_seconds())),
        "Urgency": urgency,
        # At most 32 characters: a repeat replaces what the device has not fetched yet.
        "Topic": sealing.as_text(topic.bytes),
        "User-Agent": "Inledger-Push/1",
    }


def _post(
    endpoint: str, addresses: list[str], body: bytes, headers: dict[str, str]
) -> tuple[int, str]:
    """Status and Retry-After; the answer's body is not read. Raises RetryLater."""
    try:
        with (
            waiting_client(addresses, TIMEOUT_SECONDS) as client,
            client.stream("POST", endpoint, content=body, headers=headers) as answer,
        ):
            return answer.status_code, answer.headers.get("Retry-After", "")
    except httpx2.HTTPError as error:
        raise RetryLater(
            worded("The push service did not answer: %(reason)s", reason=error or type(error))
        ) from error


def _judge(status: int, retry_after: str) -> None:
    if 200 <= status < 300:
        return
    if status in GONE:
        raise DeviceGone
    said = worded("The push service answered %(status)s.", status=status)
    if status == TOO_MANY or status >= 500:
        seconds = int(retry_after) if retry_after.isdecimal() and len(retry_after) < 8 else None
        raise RetryLater(said, after_seconds=seconds)
    raise DeviceRefuses(said)


def _end(push: Push, state: PushState, seen: list[uuid.UUID]) -> JsonObject:
    sent_at = Now() if state == PushState.SENT else None
    Push.objects.filter(pk=push.pk).update(state=state, sent_at=sent_at)
    # Joined while it was being sent: told by one more.
    late = Notification.objects.filter(push=push).exclude(id__in=seen)
    if late.exists():
        late.update(push=Push.objects.create(user_id=push.user_id, send_at=timezone.now()))
    old = Push.objects.filter(user_id=push.user_id, send_at__lt=timezone.now() - KEPT)
    old.exclude(state=PushState.WAITING).delete()
    return {"reached": len(push.reached)}
