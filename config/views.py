"""The work that is going on, and the sample to try Inledger with."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from config.demo import MAILBOX, archive
from extraction.scheduling import pending_emails
from jobs.models import LIVE_STATES, Job
from jobs.views import described
from mail_ingest.errors import MailError
from mail_ingest.imports import start_import
from tenancy.pages import next_page, page
from tenancy.scope import current_tenant_id


@require_safe
@page("jobs:read")
def work(request: HttpRequest) -> HttpResponse:
    """What runs now, for pages that wait for it. When all is done the page around is reloaded."""
    jobs = [described(job) for job in _live_jobs()[:5]]
    busy = bool(jobs) or pending_emails().exists()
    if not busy and "busy" in request.GET:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "config/_work.html", {"jobs": jobs, "is_busy": busy})


def is_busy() -> bool:
    """Whether mail is being fetched or read."""
    return _live_jobs().exists() or pending_emails().exists()


@require_POST
@page("mail:write")
def import_sample(request: HttpRequest) -> HttpResponse:
    """Try Inledger with its made-up mailbox."""
    folder = settings.DATA_DIR / "demo" / str(current_tenant_id())
    folder.mkdir(parents=True, exist_ok=True)
    try:
        start_import(archive(folder), is_own=True, account_label=MAILBOX)
    except MailError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(next_page(request, "dashboard"))


def _live_jobs() -> QuerySet[Job]:
    """Work on this ledger's mail; sending our own mail is nobody's progress."""
    live: QuerySet[Job] = Job.objects.filter(state__in=LIVE_STATES)
    return live.exclude(kind__startswith="accounts.")
