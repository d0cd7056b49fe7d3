"""What is looked at soon after something was booked: what it belongs to, budgets that are nearly
spent, bills that are paid, expected charges that have come."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import Exists, OuterRef, Q, QuerySet

from finance.bills.paying import match_payments
from finance.budgets.alerts import check_budgets
from finance.matching.finding import match_new
from finance.models import DailyWork, FinancialAccount, LedgerChange
from finance.notices.questions import take_back_if_answered
from finance.querysets import today
from finance.recurring.watching import watch
from finance.rules.running import run_on_new
from finance.subscriptions.finding import follow_subscriptions
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.clock import database_now
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

# A change is dated when its transaction began, and seen once that has committed: what was written
# shortly before the last look is looked at again.
OVERLAP: Final = timedelta(minutes=2)


def with_news(tenants: QuerySet[Tenant]) -> QuerySet[Tenant]:
    """Tenants with accounts in whose ledger something has changed since it was looked at."""
    own = {"tenant": OuterRef("pk")}
    changes = LedgerChange.objects.filter(tenant=OuterRef("tenant"), at__gte=OuterRef("checked_at"))
    work = DailyWork.objects.filter(Q(checked_at=None) | Exists(changes), **own)
    return tenants.filter(Exists(FinancialAccount.objects.filter(**own)), Exists(work))


def look_soon() -> None:
    """Somebody waits to see what came of what was booked: it is not left to the schedule."""
    JobRunner.enqueue(AfterBooking.kind, trigger=worded("Something was booked"))


class AfterBooking(BaseJob):
    """Looks at one tenant's plans after something was booked."""

    kind = "finance.after_booking"

    def run(self, run: JobRun) -> JsonObject:
        seen_until = database_now() - OVERLAP
        day = today()
        work = DailyWork.objects.filter(tenant_id=current_tenant_id()).first()
        checked_at = work.checked_at if work else None
        with run.fenced():
            result = {"matched": match_new(checked_at)}
        with run.fenced():
            result["by_rules"] = run_on_new(checked_at)
        with run.fenced():
            result["bills_paid"] = match_payments(day)
        with run.fenced():
            follow_subscriptions(day)
            watch(day)
        with run.fenced():
            result["budgets_told"] = check_budgets()
            take_back_if_answered()
            DailyWork.objects.filter(tenant_id=current_tenant_id()).update(checked_at=seen_until)
        return result
