"""What a device is told: little, for it shows on a locked screen and passes a push service."""

from __future__ import annotations

import json
from typing import Any, Final

from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications import facts
from notifications.composing import still_theirs
from notifications.kinds import KINDS, words
from notifications.models import DeliverySettings, Notification, Push, PushDevice

LONGEST_TITLE: Final = 100
LONGEST_BODY: Final = 200


def compose(push: Push) -> tuple[bytes, bool]:
    """The message as it would be sent now, and whether it is urgent; empty where nothing is left
    to say: read meanwhile, taken back, or no longer this person's to know."""
    held = Notification.objects.filter(Q(read_at=None), push=push).order_by("due_at", "id")
    notices = still_theirs(push.user_id, list(held))
    if not notices:
        return b"", False
    with translation.override(push.user.language):
        title, body = _said(push, notices)
    link = (notices[0].link if len(notices) == 1 else "") or reverse("notifications")
    return message(title, body, link, str(push.pk)), any(KINDS[n.kind].is_urgent for n in notices)


def trial(device: PushDevice) -> bytes:
    """What a device is tried with."""
    with translation.override(device.user.language):
        body = _("Notices reach this device.")
    return message("Inledger", body, reverse("settings_notifications"), f"try-{device.pk}")


def message(title: str, body: str, link: str, tag: str) -> bytes:
    """As templates/config/service-worker.js reads it."""
    said = {"title": _short(title, LONGEST_TITLE), "body": _short(body, LONGEST_BODY)}
    return json.dumps(said | {"url": link, "tag": tag}, ensure_ascii=False).encode()


def _said(push: Push, notices: list[Notification]) -> tuple[str, str]:
    """In the active language: kind and title of one, the kinds of several."""
    if len(notices) == 1:
        return str(KINDS[notices[0].kind].name), _title(push, notices[0])
    count = ngettext("%(count)d notice", "%(count)d notices", len(notices))
    kinds = dict.fromkeys(str(KINDS[notice.kind].name) for notice in notices)
    return count % {"count": len(notices)}, ", ".join(kinds)


def _title(push: Push, notice: Notification) -> str:
    reader = push.user
    row: DeliverySettings | None = DeliverySettings.objects.filter(user=reader).first()
    shows_amounts = row is not None and row.push_amounts
    about: dict[str, Any] = facts.written(
        notice.facts, reader.language, reader.time_zone, shows_amounts=shows_amounts
    )
    return words(notice.kind, about)[0]


def _short(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
