"""Enqueue a plan read from standard input: [{"kind": …, "payload": {…}}, …], in two tenants."""

from __future__ import annotations

import json
import sys

import django

django.setup()

from jobs.runner import JobRunner  # noqa: E402 - after the set-up
from tenancy.models import Tenant  # noqa: E402


def main() -> None:
    tenants = [Tenant.objects.create(name=name) for name in ("One", "Two")]
    for number, job in enumerate(json.load(sys.stdin)):
        JobRunner.enqueue(
            job["kind"],
            subject=str(number),
            payload=job["payload"],
            tenant_id=tenants[number % 2].id,
        )


main()
