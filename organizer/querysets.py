"""Reading tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from organizer.models import Task, TaskLink

ORDER: Final = ("due_on", "due_time", "id")
COLUMNS: Final = (
    "id", "title", "notes", "due_on", "due_time", "time_zone", "due_at", "priority", "tags",
    "checklist", "assignee_id", "state", "done_at", "rule", "repeat_by", "repeat_from",
    "except_on", "follows_id", "bill_id", "announcement_id", "closed_by_ledger", "version",
    "created_at",
)  # fmt: skip
PlainRow = dict[str, Any]


def shown(rows: QuerySet[Task]) -> QuerySet[Task]:
    """With what is shown of each beside its assignee: its links (then `linked`), and what it came
    from."""
    # Into a list: a manager for each row would take as long as all the rest.
    links = Prefetch("links", to_attr="linked")
    return rows.prefetch_related(  # type: ignore[no-redef] # declared there
        links, "bill__notices", "announcement"
    )


# For a list: a task's own columns, and whether it is linked to anything.
LISTED: Final[QuerySet[Task, PlainRow]] = Task.objects.values(
    *COLUMNS, is_linked=Exists(TaskLink.objects.filter(task=OuterRef("pk")))
)


def dressed(rows: Sequence[PlainRow]) -> list[Task | PlainRow]:
    """The rows of a page; those that have links or came from the ledger are read whole. They are
    few: all others cost one query, and no object each."""
    whole = [
        row["id"] for row in rows if row["is_linked"] or row["bill_id"] or row["announcement_id"]
    ]
    found = {task.pk: task for task in shown(Task.objects.filter(pk__in=whole))} if whole else {}
    return [found.get(row["id"], row) for row in rows]
