"""Pages about background work."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from jobs.errors import JobError
from jobs.models import LIVE_STATES, Job, JobQueue, JobState
from jobs.querysets import needs_attention
from jobs.results import plain_result
from jobs.runner import JobRunner
from jobs.titles import title_of
from tenancy.pages import is_htmx, page
from tenancy.paging import newest_first

POLL_SECONDS = 2
_SHOWN: dict[str, Callable[[QuerySet[Job]], QuerySet[Job]]] = {
    "attention": needs_attention,
    "running": lambda jobs: jobs.filter(state__in=LIVE_STATES),
    "done": lambda jobs: jobs.filter(state__in=(JobState.SUCCEEDED, JobState.CANCELLED)),
}
_STYLES = {
    JobState.RUNNING: "info",
    JobState.SUCCEEDED: "good",
    JobState.FAILED: "bad",
    JobState.DEAD: "bad",
}
_QUEUES = {JobQueue.DEFAULT: gettext_lazy("General"), JobQueue.MAIL: gettext_lazy("Mail")}


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    href: str
    is_current: bool
    count: int = 0
    style: str = ""


@require_safe
@page("jobs:read")
def jobs(request: HttpRequest) -> HttpResponse:
    shown = request.GET.get("show", "")
    found = Job.objects.select_related("triggered_by")
    if shown in _SHOWN:
        found = _SHOWN[shown](found)
    listed = newest_first(request, found, "created_at")
    tabs = _tabs(shown)
    context = {
        "jobs": [described(job) for job in listed.rows],
        "next_page": listed.next_href,
        "tabs": tabs,
        # A later page stands still: polling would lose the reader's place.
        "poll_seconds": POLL_SECONDS if tabs[2].count and "after" not in request.GET else 0,
        "empty_text": _("Nothing needs you") if shown == "attention" else _("No jobs here"),
    }
    return render(request, "jobs/_jobs.html" if is_htmx(request) else "jobs/jobs.html", context)


@require_safe
@page("jobs:read")
def job(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    return _show(request, get_object_or_404(Job.objects.select_related("triggered_by"), id=job_id))


@require_POST
@page("jobs:read", write="jobs:write")
def cancel(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Job, id=job_id)
    try:
        return _show(request, JobRunner.cancel(found.id))
    except JobError as error:
        return _show(request, found, problem=str(error))


@require_POST
@page("jobs:read", write="jobs:write")
def retry(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Job, id=job_id)
    try:
        return _show(request, JobRunner.retry(found.id))
    except JobError as error:
        return _show(request, found, problem=str(error))


def _show(request: HttpRequest, found: Job, problem: str = "") -> HttpResponse:
    context = {
        "job": described(found),
        "facts": _facts(found),
        "result": plain_result(found.result),
        "problem": problem,
    }
    template = "jobs/_detail.html" if is_htmx(request) else "jobs/job.html"
    return render(request, template, context, status=422 if problem else 200)


def _tabs(shown: str) -> list[Tab]:
    attention = needs_attention(Job.objects.all()).count()
    live = Job.objects.filter(state__in=LIVE_STATES).count()
    return [
        Tab(_("All"), "?", shown not in _SHOWN),
        Tab(_("Needs attention"), "?show=attention", shown == "attention", attention, "bad"),
        Tab(_("Running"), "?show=running", shown == "running", live, "info"),
        Tab(_("Done"), "?show=done", shown == "done"),
    ]


def described(found: Job) -> Job:
    """The row with what templates show of it."""
    found.title = title_of(found.kind)  # type: ignore[attr-defined]
    found.style = _STYLES.get(JobState(found.state), "")  # type: ignore[attr-defined]
    found.is_live = found.state in LIVE_STATES  # type: ignore[attr-defined]
    found.may_retry = found.state not in (*LIVE_STATES, JobState.SUCCEEDED)  # type: ignore[attr-defined]
    return found


def _facts(found: Job) -> list[tuple[str, Any]]:
    facts = [
        (_("Why"), found.trigger),
        (_("Who"), found.triggered_by or _("Inledger itself")),
        (_("Attempt"), f"{found.attempt} / {found.max_attempts}" if found.attempt else ""),
        (_("Asked for"), found.created_at),
        (_("Started"), found.started_at),
        (_("Finished"), found.finished_at),
        (_("Queue"), str(_QUEUES[JobQueue(found.queue)])),
    ]
    if found.started_at and found.finished_at:
        seconds = (found.finished_at - found.started_at).total_seconds()
        facts.append((_("Took"), _("%(seconds).1f s") % {"seconds": seconds}))
    return [fact for fact in facts if fact[1]]
