"""The background work of a replay."""

from __future__ import annotations

import uuid
from collections import Counter

from django.utils import timezone

from extraction.learning import learn_from_decisions
from extraction.models import DifferenceState, Replay, ReplayDifference
from extraction.replaying.applying import (
    apply_many,
    find_differences,
    keep_differences,
    read_again,
)
from extraction.replaying.running import APPLY, FIND, messages_of
from jobs.base import BaseJob, JobRun, JsonObject
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.wording import worded

BATCH = 100


class ReplayMail(BaseJob):
    """Read a replay's messages and keep the differences. Repeating it finds the same again."""

    kind = FIND

    def run(self, run: JobRun) -> JsonObject:
        replay = Replay.objects.get(pk=run.info.subject)
        tenant = Tenant.objects.get(pk=current_tenant_id())
        with run.fenced():
            learn_from_decisions(tenant)
        messages = list(messages_of(replay).values_list("pk", flat=True))
        found = 0
        for at in range(0, len(messages), BATCH):
            ids = messages[at : at + BATCH]
            emails = list(messages_of(replay).filter(pk__in=ids).select_related("account", "raw"))
            different = find_differences(read_again(emails, tenant), tenant)
            with run.fenced():
                found += keep_differences(different, replay)
                Replay.objects.filter(pk=replay.pk).update(read=at + len(ids))
            run.progress(
                at + len(ids), len(messages), worded("Differences so far: %(count)s", count=found)
            )
        with run.fenced():
            Replay.objects.filter(pk=replay.pk).update(finished_at=timezone.now())
        return {"read": len(messages), "differences": found}


class ApplyReplay(BaseJob):
    """Apply what a person has accepted, in batches; each counts or not as a whole."""

    kind = APPLY

    def run(self, run: JobRun) -> JsonObject:
        replay_id = uuid.UUID(run.info.subject.partition(":")[0])
        tenant = Tenant.objects.get(pk=current_tenant_id())
        group, ids = run.info.payload["group"], run.info.payload["ids"]
        rows = ReplayDifference.objects.filter(replay=replay_id, state=DifferenceState.OPEN)
        rows = rows.filter(group=group) if group else rows.filter(pk__in=ids)
        total, counts = rows.count(), Counter[str]()
        while some := list(rows.order_by("id")[:BATCH]):
            with run.fenced():
                counts.update(apply_many(some, tenant))
            run.progress(sum(counts.values()), total, worded("Applying"))
        return {name: count for name, count in counts.items() if count}
