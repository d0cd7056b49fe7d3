"""The operators' home in the admin: how the work, the mailboxes, the models and the disk are doing,
and who is here. Every figure leads to the rows behind it. The admin's middleware has entered the
scope of all tenants, for super admins alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.db.models import Count, Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from config.deep_health import FULLEST_DISK, alerts_of, used_part_of_disk
from extraction.backends.base import Outcome
from extraction.models import LLMTransaction
from jobs.models import LIVE_STATES, UNSUCCESSFUL_STATES, WAITING_STATES, Job, JobState
from jobs.querysets import QueueHealth, needs_attention, queue_health
from mail_ingest.models import AccountKind, AccountState, ConnectedAccount
from mail_ingest.querysets import mailbox_health
from tenancy.models import Tenant

MOST_ROWS: Final = 8
NEW_WITHIN: Final = timedelta(days=30)
MICROS: Final = 1_000_000
ALERTS: Final = {
    "dispatcher_silent": gettext_lazy(
        "No worker has been heard of in the last half minute: nothing is fetched or read. Start"
        " one (docs/operating.md)."
    ),
    "queue_stuck": gettext_lazy(
        "A job has been waiting for more than five minutes. Look at what is running, or start"
        " another worker."
    ),
    "disk_full": gettext_lazy("The disk is nearly full. Make room before nothing can be stored."),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One number; `href` is the list behind it, `is_bad` asks for a look."""

    label: str
    value: str
    href: str = ""
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a section's table; its first cell leads to `href`."""

    cells: tuple[str, ...]
    href: str = ""


@dataclass(slots=True)
class Section:
    """A card of the page."""

    title: str
    figures: list[Figure]
    headers: tuple[str, ...] = ()
    lines: list[Line] = field(default_factory=list)


def operators_home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The context of the admin's index, for unfold's DASHBOARD_CALLBACK."""
    if not request.user.is_superuser:
        return context  # They see what single tables they may, and no scope spans tenants.
    queue, disk = queue_health(), used_part_of_disk()
    context["alerts"] = [str(ALERTS[name]) for name in alerts_of(queue, disk)]
    context["sections"] = [_work(queue), _mailboxes(), _models(), _tenants(disk)]
    return context


def _work(queue: QueueHealth) -> Section:
    counts = (
        Job.objects.filter(state__in=(*LIVE_STATES, *UNSUCCESSFUL_STATES))
        .order_by()
        .values_list("kind", "state")
        .annotate(n=Count("id"))
    )
    by_kind: dict[str, Counter[str]] = {}
    states: Counter[str] = Counter()
    for kind, state, n in counts:
        by_kind.setdefault(kind, Counter())[state] += n
        states[state] += n
    unattended = needs_attention(Job.objects.all()).count()
    waiting = sum(states[state] for state in WAITING_STATES)
    return Section(
        _("Background work"),
        [
            Figure(_("Workers"), str(queue.workers), listed("jobs_workerheartbeat"),
                   is_bad=not queue.workers),
            Figure(_("Longest wait"), duration(queue.oldest_due_seconds), listed("jobs_job")),
            Figure(_("Waiting"), str(waiting), listed("jobs_job", state__exact=JobState.READY)),
            Figure(_("Running"), str(states[JobState.RUNNING]),
                   listed("jobs_job", state__exact=JobState.RUNNING)),
            Figure(_("Dead"), str(queue.dead), listed("jobs_job", state__exact=JobState.DEAD)),
            Figure(_("Need attention"), str(unattended), listed("jobs_job", attention="needed"),
                   is_bad=unattended > 0),
        ],
        (_("Kind"), _("Waiting"), _("Running"), _("Failed")),
        [_kind(kind, found) for kind, found in _busiest(by_kind)],
    )  # fmt: skip


def _busiest(by_kind: dict[str, Counter[str]]) -> list[tuple[str, Counter[str]]]:
    return sorted(by_kind.items(), key=lambda item: (-item[1].total(), item[0]))[:MOST_ROWS]


def _kind(kind: str, states: Counter[str]) -> Line:
    waiting = sum(states[state] for state in WAITING_STATES)
    failed = sum(states[state] for state in UNSUCCESSFUL_STATES)
    cells = (kind, str(waiting), str(states[JobState.RUNNING]), str(failed))
    return Line(cells, listed("jobs_job", kind__exact=kind))


def _mailboxes() -> Section:
    mailboxes = ConnectedAccount.objects.exclude(kind__in=(AccountKind.UPLOAD, AccountKind.INBOUND))
    states = Counter(dict(mailboxes.order_by().values_list("state").annotate(n=Count("id"))))
    health = mailbox_health()
    troubled = mailboxes.filter(state__in=(AccountState.NEEDS_ATTENTION, AccountState.RECONNECT))
    return Section(
        _("Mailboxes"),
        [
            Figure(str(state.label), str(states[state]),
                   listed("mail_ingest_connectedaccount", state__exact=state),
                   is_bad=state != AccountState.PAUSED and state != AccountState.ACTIVE
                   and states[state] > 0)
            for state in AccountState
        ] + [Figure(_("Longest unread"), duration(health.oldest_fetch_seconds),
                    listed("mail_ingest_connectedaccount"))],
        (_("Mailbox"), _("Tenant"), _("What is wrong"), _("Last read")),
        [
            Line(
                (row.label, str(row.tenant), row.last_error, ago(row.last_fetched_at)),
                reverse("admin:mail_ingest_connectedaccount_change", args=[row.pk]),
            )
            for row in troubled.select_related("tenant").order_by("last_fetched_at")[:MOST_ROWS]
        ],
    )  # fmt: skip


def _models() -> Section:
    """Of this calendar month in UTC; the caps of tenants count in their own zones."""
    since = timezone.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    failed = Count("id", filter=~Q(outcome=Outcome.OK))
    rows = (
        LLMTransaction.objects.filter(created_at__gte=since)
        .order_by()
        .values("tenant_id", "tenant__name", "requested_model", "currency")
        .annotate(calls=Count("id"), failed=failed, spent=Sum("cost_micros"))
    )
    found = sorted(rows, key=lambda row: (-(row["spent"] or 0), -row["calls"]))
    spent: Counter[str] = Counter()
    for row in found:
        spent[row["currency"]] += row["spent"] or 0
    calls = listed("extraction_llmtransaction")
    return Section(
        _("Language models this month"),
        [
            Figure(_("Calls"), str(sum(row["calls"] for row in found)), calls),
            Figure(_("Without an answer"), str(sum(row["failed"] for row in found)), calls),
            Figure(_("Spent"), ", ".join(_costs(spent)) or _("nothing"), calls),
        ],
        (_("Model"), _("Tenant"), _("Calls"), _("Without an answer"), _("Spent")),
        [
            Line(
                (row["requested_model"], row["tenant__name"], str(row["calls"]),
                 str(row["failed"]), cost(row["spent"] or 0, row["currency"])),
                listed("extraction_llmtransaction", tenant__id__exact=row["tenant_id"]),
            )
            for row in found[:MOST_ROWS]
        ],
    )  # fmt: skip


def _costs(spent: Counter[str]) -> Iterable[str]:
    return (cost(micros, currency) for currency, micros in sorted(spent.items()) if micros)


def _tenants(disk: float) -> Section:
    since = timezone.now() - NEW_WITHIN
    found = Tenant.objects.aggregate(
        active=Count("pk", filter=Q(is_active=True)),
        stopped=Count("pk", filter=Q(is_active=False)),
        new=Count("pk", filter=Q(created_at__gte=since)),
    )
    users = User.objects.filter(is_active=True).count()
    newest = Tenant.objects.order_by("-created_at")[:MOST_ROWS]
    return Section(
        _("Tenants"),
        [
            Figure(_("Active"), str(found["active"]), listed("tenancy_tenant", is_active__exact=1)),
            Figure(
                _("Stopped"), str(found["stopped"]), listed("tenancy_tenant", is_active__exact=0)
            ),
            Figure(_("New in 30 days"), str(found["new"]), listed("tenancy_tenant")),
            Figure(_("Users"), str(users), listed("accounts_user", is_active__exact=1)),
            Figure(_("Disk used"), f"{disk:.0%}", is_bad=disk >= FULLEST_DISK),
        ],
        (_("Newest"), _("Currency"), _("Zone"), _("Since")),
        [
            Line(
                (row.name, row.currency, row.time_zone, ago(row.created_at)),
                reverse("admin:tenancy_tenant_change", args=[row.pk]),
            )
            for row in newest
        ],
    )  # fmt: skip


def listed(model: str, **filters: Any) -> str:
    """The admin's list of a model (`app_model`), filtered."""
    address = reverse(f"admin:{model}_changelist")
    return f"{address}?{urlencode(filters)}" if filters else address


def duration(seconds: float) -> str:
    now = timezone.now()
    return timesince(now - timedelta(seconds=seconds), now, depth=1) if seconds >= 60 else _("none")


def ago(moment: datetime | None) -> str:
    return str(naturaltime(moment)) if moment else _("never")


def cost(micros: int, currency: str) -> str:
    return f"{Decimal(micros) / MICROS:,.4f} {currency}".strip()
