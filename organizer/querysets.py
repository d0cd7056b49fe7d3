"""Reading tasks."""

from __future__ import annotations

from typing import Final

from django.db.models import Prefetch, QuerySet

from organizer.models import Task

ORDER: Final = ("due_on", "due_time", "id")


def shown(rows: QuerySet[Task]) -> QuerySet[Task]:
    """With what a list shows of each: one query, one for all links (then `linked`), and one for the
    messages of all bills."""
    joined = rows.select_related("assignee", "bill", "announcement")
    # Into a list: a manager for each row would take as long as all the rest.
    links = Prefetch("links", to_attr="linked")
    return joined.prefetch_related(links, "bill__notices")  # type: ignore[no-redef] # declared there
