"""Filters of tasks and contacts, shared by the API and the page."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import (
    BooleanFilter,
    CharFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    UUIDFilter,
)

from finance.querysets import home, today_of
from organizer.contacts.reading import matching, tagged
from organizer.errors import OrganizerError
from organizer.models import Contact, ContactKind, Task, TaskLink, TaskPriority, TaskState
from tenancy.scope import current_actor
from tenancy.wording import worded

VIEWS: Final = (
    ("open", _("All open")),
    ("today", _("Today")),
    ("upcoming", _("Upcoming")),
    ("overdue", _("Overdue")),
    ("done", _("Done")),
)
ME: Final = "me"
NOBODY: Final = "nobody"


def in_view(rows: QuerySet[Task], view: str) -> QuerySet[Task]:
    """The tasks of a saved view; days are of the tenant's zone, also for tasks that are due at a
    time of another. "today" holds what is overdue too: it is to be done today."""
    if view == "done":
        return rows.exclude(state=TaskState.OPEN)
    rows = rows.filter(state=TaskState.OPEN)
    if view not in ("today", "upcoming", "overdue"):
        return rows
    tenant, now = home(), timezone.now()
    day = today_of(tenant)
    midnight = datetime.combine(day + timedelta(1), time(0), ZoneInfo(tenant.time_zone))
    following = midnight.astimezone(UTC)
    # A zone is less than a day from another: the index narrows by days, the instant decides.
    near, timed = timedelta(1), Q(due_at__isnull=False)
    match view:
        case "today":
            found = Q(due_on__lte=day, due_at=None) | (timed & Q(due_at__lt=following))
            return rows.filter(found, due_on__lte=day + near)
        case "upcoming":
            found = Q(due_on__gt=day, due_at=None) | (timed & Q(due_at__gte=following))
            return rows.filter(found, due_on__gte=day - near)
    found = Q(due_on__lt=day, due_at=None) | (timed & Q(due_at__lt=now))
    return rows.filter(found, due_on__lte=day + near)


def of_person(rows: QuerySet[Task], who: str) -> QuerySet[Task]:
    """`who`: the id of a member, "me" or "nobody". Raises ValueError."""
    if who == NOBODY:
        return rows.filter(assignee=None)
    if who == ME:
        return rows.filter(assignee=current_actor().user_id or uuid.UUID(int=0))
    return rows.filter(assignee=uuid.UUID(who))


def with_tag(rows: QuerySet[Task], tag: str) -> QuerySet[Task]:
    tag = tag.lower().removeprefix("#")
    if connection.vendor == "postgresql":
        return rows.filter(tags__contains=[tag])
    # SQLite keeps JSON as Django wrote it.
    return rows.alias(tags_text=Cast("tags", TextField())).filter(
        tags_text__contains=json.dumps(tag)
    )


class TaskFilter(FilterSet):  # type: ignore[misc] # untyped library
    view = ChoiceFilter(choices=VIEWS, method="of_view", help_text="Days of the tenant's zone.")
    state = ChoiceFilter(choices=TaskState.choices)
    priority = ChoiceFilter(choices=TaskPriority.choices)
    assignee = CharFilter(method="of_assignee", help_text="A member's id, “me” or “nobody”.")
    tag = CharFilter(method="of_tag")
    title = CharFilter(lookup_expr="icontains", help_text="A part of the title.")
    due_from = DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = DateFilter(field_name="due_on", lookup_expr="lte")
    repeats = BooleanFilter(method="that_repeat")
    from_ledger = BooleanFilter(method="that_follow", help_text="Made of a bill or announcement.")
    bill = UUIDFilter(method="of_target", help_text="Made of it, or linked to it.")
    transaction = UUIDFilter(method="of_target", help_text="Linked to it.")
    email = UUIDFilter(method="of_target", help_text="Linked to it.")
    contact = UUIDFilter(method="of_target", help_text="Linked to it.")

    class Meta:
        model = Task
        fields = ("state", "priority")

    def of_view(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return in_view(rows, value)

    def of_assignee(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        try:
            return of_person(rows, value)
        except ValueError as error:
            raise OrganizerError(
                worded("Name a member's id, “me” or “nobody”."), code="invalid", field="assignee"
            ) from error

    def of_tag(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return with_tag(rows, value)

    def that_repeat(self, rows: QuerySet[Task], name: str, value: bool) -> QuerySet[Task]:  # noqa: FBT001
        return rows.exclude(rule="") if value else rows.filter(rule="")

    def that_follow(self, rows: QuerySet[Task], name: str, value: bool) -> QuerySet[Task]:  # noqa: FBT001
        own = Q(bill=None, announcement=None)
        return rows.exclude(own) if value else rows.filter(own)

    def of_target(self, rows: QuerySet[Task], name: str, value: uuid.UUID) -> QuerySet[Task]:
        linked = TaskLink.objects.filter(**{name: value}).values("task")
        found = Q(pk__in=linked)
        return rows.filter(found | Q(bill=value)) if name == "bill" else rows.filter(found)


class ContactFilter(FilterSet):  # type: ignore[misc] # untyped library
    q = CharFilter(
        method="of_text", max_length=200,
        help_text="A part of a name, organisation or tag; a whole e-mail address or phone number.",
    )  # fmt: skip
    kind = ChoiceFilter(choices=ContactKind.choices)
    tag = CharFilter(method="of_tag", max_length=80, help_text="The whole tag.")

    class Meta:
        model = Contact
        fields = ("q", "kind", "tag")

    def of_text(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return matching(rows, value)

    def of_tag(self, rows: QuerySet[Contact], name: str, value: str) -> QuerySet[Contact]:
        return tagged(rows, value)
