"""What lists of tasks and contacts cost among 100,000, each beside a bare view of the same rows.

    DATABASE_URL=… python -m benchmarks.organizing [--rows 100000]

Milliseconds are medians of requests to the bytes of their answers, taken in turns. A bare view
gives the same columns of as many rows, without filter, cursor or anything that is counted; the one
of contacts opens their encrypted cards as well.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta
from typing import Any

from django.db import connection
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from benchmarks.reading import PAGE, asking, in_database
from benchmarks.setting import analyze, make_schema, milliseconds, tell
from finance.querysets import today
from organizer.address_book.card import Card, Entry, as_json
from organizer.contact_viewsets import ContactViewSet
from organizer.contacts.sealing import card_of, keys_of, seal
from organizer.models import Contact, ContactKey, Task, TaskState
from organizer.querysets import COLUMNS
from organizer.viewsets import TaskViewSet
from tenancy.ids import new_id
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

ROUNDS = 40
BATCH = 2_000
READS = frozenset({"tasks:read", "contacts:read"})


class BareTasks(APIView):
    """A page's rows of open tasks as they are."""

    def get(self, request: Request) -> Response:
        rows = Task.objects.filter(state=TaskState.OPEN).order_by("due_on", "due_time", "id")
        return Response({"data": list(rows.values(*COLUMNS)[:PAGE])})


class BareContacts(APIView):
    """A page's rows with their cards as they are."""

    def get(self, request: Request) -> Response:
        rows = Contact.objects.filter(merged_into=None).order_by("key", "id")[:PAGE]
        return Response({"data": [{"id": row.pk} | as_json(card_of(row)) for row in rows]})


def fill(rows: int) -> None:
    """Tasks over two years around today, one in four done; contacts with an address each."""
    day = today()
    for first in range(0, rows, BATCH):
        numbers = range(first, min(first + BATCH, rows))
        Task.objects.bulk_create(
            Task(
                title=f"Task {n}", due_on=day + timedelta(n % 730 - 365), tags=["home"],
                state=TaskState.OPEN if n % 4 else TaskState.DONE,
            )
            for n in numbers
        )  # fmt: skip
        contacts, keys = [], []
        for n in numbers:
            row = Contact(id=new_id())
            card = Card(
                f"Person {n * 7919 % rows:06}", emails=(Entry(f"p{n}@example.org"),),
                phones=(Entry(f"+49 30 {n:07}"),), notes="Met at the fair.", uid=f"urn:uuid:{n}",
            )  # fmt: skip
            seal(row, card)
            contacts.append(row)
            keys += keys_of(row, card)
        Contact.objects.bulk_create(contacts)
        ContactKey.objects.bulk_create(keys)


def lists(user: User) -> dict[str, Any]:
    tasks = TaskViewSet.as_view({"get": "list"})
    contacts = ContactViewSet.as_view({"get": "list"})
    bare_tasks, bare_contacts = (
        asking(user, BareTasks.as_view()),
        asking(user, BareContacts.as_view()),
    )
    beside = {
        "tasks_open": (asking(user, tasks, limit=PAGE, view="open"), bare_tasks),
        "tasks_today": (asking(user, tasks, limit=PAGE, view="today"), bare_tasks),
        "tasks_upcoming": (asking(user, tasks, limit=PAGE, view="upcoming"), bare_tasks),
        "contacts": (asking(user, contacts, limit=PAGE), bare_contacts),
        "contacts_named": (asking(user, contacts, limit=PAGE, q="person 00"), bare_contacts),
        "contact_by_email": (asking(user, contacts, q="p77@example.org"), bare_contacts),
    }
    found: dict[str, Any] = {}
    for name, (work, bare) in beside.items():
        ours, theirs = milliseconds(ROUNDS, work, bare)
        found[name] = {
            "ms": round(ours, 2), "bare_ms": round(theirs, 2), "to_bare": round(ours / theirs, 2),
            "db_ms": in_database(work),
        }  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    make_schema()
    user = User.objects.create_user("bench@example.org", "a long password for nobody")
    tenant = Tenant.objects.create(name="Bench")
    with tenant_scope(tenant.pk, permissions=READS, home=tenant):
        started = time.perf_counter()
        fill(rows)
        seconds = round(time.perf_counter() - started, 1)
        analyze()
        tell({"database": connection.vendor, "rows": rows, "fill_seconds": seconds} | lists(user))


if __name__ == "__main__":
    main()
