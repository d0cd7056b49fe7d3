"""Planning who is told what, when and by which mail, beside a bare read and update of the rows.

    DATABASE_URL=… python -m benchmarks.noticing [--users 10000] [--facts 20] [--tenants 20]

People live in six zones; some have quiet hours, some other choices. All facts are due at once, as
after days without a worker. Memory is the process's resident set.
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Iterator
from datetime import datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any

from accounts.models import Membership, Role, User
from benchmarks.setting import Stopwatch, analyze, make_schema, tell
from jobs.clock import database_now
from notifications.models import DeliverySettings, Frequency, Mailing, Notification, Preference
from notifications.planning import AT_ONCE, plan, unplanned
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

ZONES = (
    "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "UTC",
    "America/Sao_Paulo",
)  # fmt: skip
KINDS = ("bill_due", "recurring_due", "price_rise", "import_finished", "weekly_summary")
BATCH = 2_000


def fill(tenant: Tenant, users: int, facts: int, due_at: datetime, first: int) -> None:
    role = Role.objects.create(key="admin", name="Admin", is_built_in=True)
    people = [
        User(
            id=new_id(), email=f"user-{first + number}@example.org", password="!",  # noqa: S106
            time_zone=ZONES[number % len(ZONES)],
        )
        for number in range(users)
    ]  # fmt: skip
    User.objects.bulk_create(people, batch_size=BATCH)
    Membership.objects.bulk_create([Membership(user=user, role=role) for user in people])
    DeliverySettings.objects.bulk_create(
        [
            DeliverySettings(user=user, quiet_from=clock(22), quiet_until=clock(7))
            for user in people[::3]
        ]
    )
    Preference.objects.bulk_create(
        [Preference(user=user, kind="bill_due", email=Frequency.WEEKLY) for user in people[::4]]
    )
    Notification.objects.bulk_create(
        [
            Notification(
                id=new_id(), user=user, kind=KINDS[number % len(KINDS)], key=str(number),
                facts={"name": "Rent"}, due_at=due_at - timedelta(minutes=number),
            )
            for user in people
            for number in range(facts)
        ],
        batch_size=BATCH,
    )  # fmt: skip


def plan_all(tenants: list[Tenant], now: datetime) -> Iterator[int]:
    for tenant in tenants:
        with tenant_scope(tenant.id):
            count = AT_ONCE
            while count == AT_ONCE:
                count = plan(now)
                yield count


def bare(tenants: list[Tenant], now: datetime) -> int:
    """Reads the same rows in the same batches, and marks them, deciding nothing."""
    marked = 0
    for tenant in tenants:
        with tenant_scope(tenant.id):
            while ids := [row.id for row in unplanned(now).order_by("due_at", "id")[:AT_ONCE]]:
                marked += Notification.objects.filter(id__in=ids).update(planned_at=now)
    return marked


def unplan(tenants: list[Tenant]) -> None:
    for tenant in tenants:
        with tenant_scope(tenant.id):
            Notification.objects.update(planned_at=None, mailing=None)
            Mailing.objects.all().delete()


def resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def measure(tenants: list[Tenant], expected: int) -> dict[str, Any]:
    now = database_now()
    watch = Stopwatch()
    marked = watch.time("bare", bare, tenants, now)
    unplan(tenants)
    analyze()
    planned, memory = 0, []
    batches = plan_all(tenants, now)
    while (count := watch.time("planning", next, batches, -1)) >= 0:
        planned += count
        memory.append(resident_mb())
    assert marked == planned == expected
    # The first batches load what every one needs.
    settled = memory[len(memory) // 10 :]
    return {
        "facts": planned,
        "seconds": {step: round(wall, 1) for step, wall in watch.wall.items()},
        "cpu_seconds": {step: round(cpu, 1) for step, cpu in watch.cpu.items()},
        "planned": watch.rate(planned, "planning"),
        "times_bare": round(watch.wall["planning"] / watch.wall["bare"], 2),
        "memory_mb": {"settled": round(settled[0], 1), "highest": round(max(settled), 1)},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=10_000)
    parser.add_argument("--facts", type=int, default=20)
    parser.add_argument("--tenants", type=int, default=20)
    options = parser.parse_args()
    make_schema()
    tenants = [Tenant.objects.create(name=f"Tenant {n}") for n in range(options.tenants)]
    each, due_at = options.users // options.tenants, database_now()
    for number, tenant in enumerate(tenants):
        with tenant_scope(tenant.id):
            fill(tenant, each, options.facts, due_at, number * each)
    analyze()
    facts = each * options.tenants * options.facts
    tell({"users": options.users, "tenants": options.tenants, **measure(tenants, facts)})


if __name__ == "__main__":
    main()
