"""Looking after connected servers of models: one that was down is asked again once it is up."""

from __future__ import annotations

from django.db.models import QuerySet

from extraction.connecting import check_backend
from extraction.models import ModelBackend
from jobs.base import BaseJob, JobRun, JsonObject
from jobs.runner import JobRunner
from tenancy.scope import all_tenants
from tenancy.wording import worded

CHECK_BACKENDS = "extraction.check_backends"


class CheckBackends(BaseJob):
    """By schedule for all tenants: one job for each that has a server switched on. With a tenant:
    its servers."""

    kind = CHECK_BACKENDS

    def run(self, run: JobRun) -> JsonObject:
        if run.info.tenant_id is None:
            return {"enqueued": self._enqueue()}
        checked = [check_backend(row).is_up for row in _switched_on()]
        return {"checked": len(checked), "up": sum(checked)}

    @staticmethod
    def _enqueue() -> int:
        with all_tenants("which tenants have connected a model"):
            tenants = set(_switched_on().values_list("tenant_id", flat=True))
        for tenant_id in tenants:
            JobRunner.enqueue(CHECK_BACKENDS, tenant_id=tenant_id, trigger=worded("Schedule"))
        return len(tenants)


def _switched_on() -> QuerySet[ModelBackend]:
    rows: QuerySet[ModelBackend] = ModelBackend.objects.filter(is_enabled=True, retired_at=None)
    return rows
