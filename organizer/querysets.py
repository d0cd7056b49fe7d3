"""Reading tasks."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Final

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from organizer.models import Task, TaskLink

ORDER: Final = ("due_on", "due_time", "id")


def shown(rows: QuerySet[Task]) -> QuerySet[Task]:
    """With what is shown of each beside its assignee: its links (then `linked`), and what it came
    from."""
    # Into a list: a manager for each row would take as long as all the rest.
    links = Prefetch("links", to_attr="linked")
    return rows.prefetch_related(  # type: ignore[no-redef] # declared there
        links, "bill__notices", "announcement"
    )


def dress(rows: Sequence[Task]) -> None:
    """The same for the rows of a page. Few tasks have links or came from the ledger: what is not
    there costs nothing here, where a join reads fifty columns for each row."""
    by_id: dict[uuid.UUID, Task] = {}
    for row in rows:
        row.linked = []
        by_id[row.pk] = row
    links = TaskLink.objects.filter(task_id__in=list(by_id)).order_by()
    for link in sorted(links, key=lambda link: link.pk):
        by_id[link.task_id].linked.append(link)
    prefetch_related_objects([row for row in rows if row.bill_id], "bill__notices")
    prefetch_related_objects([row for row in rows if row.announcement_id], "announcement")
