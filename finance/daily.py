"""What is done for each tenant once a day, from six in the morning where it lives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from finance import attachments
from finance.after_booking import AfterBooking, with_news
from finance.bills import paying, telling
from finance.budgets.alerts import check_budgets
from finance.models import DailyWork, FinancialAccount, Recurring, RecurringState
from finance.notices import questions, week
from finance.notices.ahead import START
from finance.recurrence import day_of_work
from finance.recurring import booking, watching
from finance.subscriptions import announcing, refunds
from finance.subscriptions.finding import find_subscriptions
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.models import Job, JobState
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import all_tenants, current_tenant_id
from tenancy.wording import worded

AT_ONCE: Final = 500
LIVE: Final = (JobState.READY, JobState.QUEUED, JobState.RUNNING)


def enqueue_daily_work(now: datetime | None = None) -> int:
    """Enqueue the work of every tenant whose day has begun and whose work of it is not done, or
    that has got something due since, and a look at the plans of those where something was
    booked. Returns how many."""
    now = now or database_now()
    with all_tenants("enqueue daily work"):
        tenants = Tenant.objects.filter(is_active=True)
        zones = tenants.order_by().values_list("time_zone", flat=True).distinct()
        by_day: dict[date, list[str]] = {}
        for zone in zones:
            by_day.setdefault(day_of_work(now, START, ZoneInfo(zone)), []).append(zone)
        due = _due(tenants, by_day).order_by("id").values_list("id", flat=True)[:AT_ONCE]
        found = [(DoDailyWork.kind, tenant_id, worded("A new day")) for tenant_id in due]
        news = with_news(tenants).order_by("id").values_list("id", flat=True)[:AT_ONCE]
        found += [
            (AfterBooking.kind, tenant_id, worded("Something was booked")) for tenant_id in news
        ]
        for kind, tenant_id, trigger in found:
            JobRunner.enqueue(kind, tenant_id=tenant_id, trigger=trigger)
    return len(found)


def _due(tenants: QuerySet[Tenant], by_day: dict[date, list[str]]) -> QuerySet[Tenant]:
    wanted = Q(pk__in=[])
    for day, zones in by_day.items():
        done = DailyWork.objects.filter(tenant=OuterRef("pk"), done_on__gte=day)
        waiting = Recurring.objects.filter(
            tenant=OuterRef("pk"), state=RecurringState.ACTIVE, problem="", next_on__lte=day
        )
        wanted |= Q(time_zone__in=zones) & (~Exists(done) | Exists(waiting))
    live = Job.objects.filter(tenant=OuterRef("pk"), kind=DoDailyWork.kind, state__in=LIVE)
    accounts = FinancialAccount.objects.filter(tenant=OuterRef("pk"))
    return tenants.filter(wanted, Exists(accounts)).exclude(Exists(live))


class EnqueueDailyWork(BaseJob):
    """Runs by schedule, every few minutes."""

    kind = "finance.enqueue_daily_work"

    def run(self, run: JobRun) -> JsonObject:
        return {"enqueued": enqueue_daily_work()}


Step = Callable[[date], int]
# In this order, each in a transaction of its own.
STEPS: Final[dict[str, Step]] = {
    "reminded": watching.remind,
    # Before the watch: what came at another price has come.
    "subscriptions_found": find_subscriptions,
    "missed": watching.watch,
    "trials_told": announcing.tell,
    "refunds_overdue": refunds.watch_refunds,
    "bills_paid": paying.match_payments,
    "bills_told": telling.tell,
    "attachments_dropped": attachments.purge,
    "budgets_told": lambda day: check_budgets(),
    "questions_told": questions.tell_questions,
    "week_told": week.tell_week,
}


class DoDailyWork(BaseJob):
    """One tenant's work of one day; what days without it left due is made up for."""

    kind = "finance.daily_work"

    def run(self, run: JobRun) -> JsonObject:
        zone = Tenant.objects.only("time_zone").get(pk=current_tenant_id()).time_zone
        day = day_of_work(database_now(), START, ZoneInfo(zone))
        result: JsonObject = {"day": day.isoformat(), "due": 0}
        batch = booking.AT_ONCE
        while batch == booking.AT_ONCE:
            with run.fenced():
                batch = booking.run_due(day)
            result["due"] += batch
            run.progress(result["due"])
        for name, step in STEPS.items():
            with run.fenced():
                result[name] = step(day)

        def finish() -> JsonObject:
            DailyWork.objects.update_or_create(
                tenant_id=current_tenant_id(), defaults={"done_on": day}
            )
            return result

        run.finish(finish)
        return result
