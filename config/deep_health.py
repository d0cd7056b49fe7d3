"""/healthz/deep: is the work getting done? For monitors and super admins alone, since it tells
about the whole installation."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import access_of
from jobs.querysets import SILENT_AFTER_SECONDS, QueueHealth, queue_health
from mail_ingest.querysets import mailbox_health
from tenancy.problems import problem_response

# The queue's length says little: what counts is how long somebody has been waiting.
LONGEST_WAIT_SECONDS = 300
# SQLite and PostgreSQL need room to write even what frees room.
FULLEST_DISK = 0.85


@require_safe
@never_cache
def deep(request: HttpRequest) -> JsonResponse:
    """503 when somebody should be woken; `alerts` says why."""
    if not may_look(request):
        detail = "Send HEALTH_TOKEN as bearer, or sign in as a super admin."
        refusal = problem_response(request, 401, "not_authenticated", detail)
        refusal.headers["WWW-Authenticate"] = 'Bearer realm="Inledger"'
        return refusal
    queue, disk_used = queue_health(), used_part_of_disk()
    alerts = alerts_of(queue, disk_used)
    body: dict[str, Any] = {
        "status": "alert" if alerts else "ok",
        "alerts": alerts,
        "queue": asdict(queue),
        "mailboxes": asdict(mailbox_health()),
        "disk_used": round(disk_used, 3),
    }
    return JsonResponse(body, status=503 if alerts else 200)


def may_look(request: HttpRequest) -> bool:
    """A monitor has the installation's own token: an API token never acts as a super admin."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    token = settings.HEALTH_TOKEN if scheme.lower() == "bearer" else ""
    if token and constant_time_compare(given.strip(), token):
        return True
    access = access_of(request)
    return access.user is not None and access.user.is_superuser and access.via != "token"


def used_part_of_disk() -> float:
    """Of the disk that holds DATA_DIR, 0 to 1."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    return usage.used / usage.total


def alerts_of(queue: QueueHealth, disk_used: float) -> list[str]:
    """What to wake somebody for. Dead jobs and mailboxes are told, but wait for office hours."""
    silent = queue.dispatcher_silent_seconds
    found = {
        "dispatcher_silent": silent is None or silent > SILENT_AFTER_SECONDS,
        "queue_stuck": queue.oldest_due_seconds > LONGEST_WAIT_SECONDS,
        "disk_full": disk_used >= FULLEST_DISK,
    }
    return [name for name, is_found in found.items() if is_found]
