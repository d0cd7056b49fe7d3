"""Filters of tasks and contacts, shared by the API and the page."""

from __future__ import annotations

from typing import Final

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters import CharFilter, ChoiceFilter, DateFilter, FilterSet

from finance.querysets import today
from organizer.contacts.reading import matching, tagged
from organizer.models import Contact, ContactKind, Task, TaskPriority, TaskState

VIEWS: Final = (
    ("open", _("All open")),
    ("today", _("Today")),
    ("upcoming", _("Upcoming")),
    ("overdue", _("Overdue")),
    ("done", _("Done")),
)


def in_view(rows: QuerySet[Task], view: str) -> QuerySet[Task]:
    """The tasks of a saved view; days are of the tenant's zone. "today" holds what is overdue
    too: it is to be done today."""
    if view == "done":
        return rows.filter(state=TaskState.DONE)
    rows = rows.filter(state=TaskState.OPEN)
    match view:
        case "today":
            return rows.filter(due_on__lte=today())
        case "upcoming":
            return rows.filter(due_on__gt=today())
        case "overdue":
            return rows.filter(due_on__lt=today())
    return rows


class TaskFilter(FilterSet):  # type: ignore[misc] # untyped library
    view = ChoiceFilter(choices=VIEWS, method="of_view", help_text="Days of the tenant's zone.")
    state = ChoiceFilter(choices=TaskState.choices)
    priority = ChoiceFilter(choices=TaskPriority.choices)
    title = CharFilter(lookup_expr="icontains", help_text="A part of the title.")
    due_from = DateFilter(field_name="due_on", lookup_expr="gte")
    due_to = DateFilter(field_name="due_on", lookup_expr="lte")

    class Meta:
        model = Task
        fields = ("view", "state", "priority", "title", "due_from", "due_to")

    def of_view(self, rows: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return in_view(rows, value)


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
