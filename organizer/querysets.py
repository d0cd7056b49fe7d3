"""Reading tasks."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet

from organizer.models import Task

ORDER: Final = ("due_on", "due_time", "id")


def shown(rows: QuerySet[Task]) -> QuerySet[Task]:
    """With what a list shows of each: one query, and one for all links."""
    return rows.select_related("assignee", "bill", "announcement").prefetch_related("links")
