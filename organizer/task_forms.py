"""Forms of the tasks' pages. Verbs decide what is right; forms only read what was typed."""

from __future__ import annotations

import re
import uuid
from typing import Any, Final

from django import forms
from django.utils.translation import gettext, gettext_lazy

from accounts.models import User
from finance.forms import DateInput
from finance.querysets import today
from organizer.batches import Wanted
from organizer.errors import OrganizerError
from organizer.filters import ME, NOBODY
from organizer.linking import Link
from organizer.models import RepeatBy, Task, TaskPriority
from organizer.people import label_of, members
from organizer.quick_add import understand
from tenancy.change_forms import ChangeForm

KEEP: Final = gettext_lazy("Leave as it is")
# Where the pages of what can be linked live, and what their addresses name.
ADDRESSES: Final = {
    "transactions": "transaction", "bills": "bill", "emails": "email",
    "contacts": "contact",
}  # fmt: skip
ADDRESS: Final = re.compile(rf"/({'|'.join(ADDRESSES)})/([0-9a-f-]{{36}})(?:/|$|\?)")


class QuickAddForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("What is to be done?"),
        max_length=500,
        widget=forms.TextInput(attrs={
            "autocomplete": "off", "data-key": "n",
            "placeholder": gettext_lazy("pay rent every 1st #home !high"),
        }),
    )  # fmt: skip


class PersonForm(forms.Form):
    """A form with people to choose from: the members, read once."""

    def people(self, *first: tuple[str, Any]) -> list[tuple[str, Any]]:
        return [*first, *((str(user.pk), label_of(user)) for user in self.members)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        given: list[User] | None = kwargs.pop("members", None)
        self.members = members() if given is None else given
        super().__init__(*args, **kwargs)


class TaskFilterForm(PersonForm):
    """What of a view is shown."""

    person = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    search = forms.CharField(
        label=gettext_lazy("Search"), required=False, max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "data-key": "/"}),
    )  # fmt: skip
    tag = forms.CharField(label=gettext_lazy("Tag"), required=False, max_length=41)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["person"]
        person.choices = self.people(
            ("", gettext("Everybody")), (ME, gettext("Me")), (NOBODY, gettext("Nobody"))
        )
        for field in self.fields.values():
            field.widget.is_filter = True


class TaskForm(ChangeForm, PersonForm):
    """One task. What repeats is said in words ("every 2 weeks") or as RFC 5545 writes it."""

    title = forms.CharField(label=gettext_lazy("Title"), max_length=200)
    due_on = forms.DateField(label=gettext_lazy("Due"), required=False, widget=DateInput())
    due_time = forms.TimeField(
        label=gettext_lazy("Time"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )  # fmt: skip
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"), required=False, max_length=64,
        help_text=gettext_lazy("Of the time; empty for the ledger's."),
    )  # fmt: skip
    priority = forms.ChoiceField(label=gettext_lazy("Priority"), choices=TaskPriority.choices)
    assignee = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    tags = forms.CharField(
        label=gettext_lazy("Tags"), required=False, max_length=1_000,
        help_text=gettext_lazy("Separated by commas"),
    )  # fmt: skip
    rule = forms.CharField(
        label=gettext_lazy("Repeats"), required=False, max_length=300,
        help_text=gettext_lazy("For example: every 2 weeks, every 1st, or FREQ=MONTHLY;BYDAY=-1FR"),
    )  # fmt: skip
    repeat_by = forms.ChoiceField(
        label=gettext_lazy("The next is counted from"), choices=RepeatBy.choices
    )
    notes = forms.CharField(
        label=gettext_lazy("Notes"), required=False, max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_task_%s"} | kwargs)
        assignee: Any = self.fields["assignee"]
        assignee.choices = self.people(("", gettext("Nobody")))

    @staticmethod
    def initial_of(task: Task) -> dict[str, Any]:
        names = ("title", "due_on", "due_time", "time_zone", "priority", "rule", "repeat_by",
                 "notes")  # fmt: skip
        return {name: getattr(task, name) for name in names} | {
            "tags": ", ".join(task.tags),
            "assignee": str(task.assignee_id) if task.assignee_id else "",
        }

    def clean_rule(self) -> str:
        text: str = self.cleaned_data["rule"].strip()
        if not text or "=" in text:
            return text
        draft = understand(text, self.cleaned_data.get("due_on") or today())
        if draft.repeat is None or draft.title:
            raise forms.ValidationError(
                gettext("Not understood. Say “every 2 weeks”, “every 1st”, or a rule of RFC 5545."),
                code="rule_syntax",
            )
        return str(draft.repeat)

    def changes(self) -> dict[str, Any]:
        """Of a valid form, as the verbs take it."""
        wanted = {k: v for k, v in self.cleaned_data.items() if k != "assignee"}
        assignee = self.cleaned_data["assignee"]
        wanted["assignee_id"] = uuid.UUID(assignee) if assignee else None
        wanted["tags"] = [tag for tag in wanted["tags"].split(",") if tag.strip()]
        return wanted


class BulkForm(PersonForm):
    """What the chosen tasks get; a field left alone changes nothing."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"), required=False,
        choices=[("", KEEP), ("done", gettext_lazy("Done")), ("open", gettext_lazy("Open"))],
    )  # fmt: skip
    due_on = forms.DateField(label=gettext_lazy("Move to"), required=False, widget=DateInput())
    move_days = forms.IntegerField(
        label=gettext_lazy("Move by days"), required=False, min_value=-3660, max_value=3660
    )
    assignee = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"), required=False,
        choices=[("", KEEP), *TaskPriority.choices],
    )  # fmt: skip
    add_tags = forms.CharField(label=gettext_lazy("Add tags"), required=False, max_length=1_000)
    remove_tags = forms.CharField(
        label=gettext_lazy("Take off tags"), required=False, max_length=1_000
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_bulk_%s"} | kwargs)
        assignee: Any = self.fields["assignee"]
        assignee.choices = self.people(("", KEEP), (NOBODY, gettext("Nobody")))
        for field in self.fields.values():
            field.widget.is_filter = True

    def wanted(self) -> Wanted:
        """Of a valid form."""
        data = self.cleaned_data
        who = data["assignee"]
        return Wanted(
            is_done=data["state"] == "done" if data["state"] else None,
            move_to=(data["due_on"],) if data["due_on"] else None,
            move_days=data["move_days"],
            assign=((None if who == NOBODY else uuid.UUID(who)),) if who else None,
            priority=data["priority"] or None,
            add_tags=_tags(data["add_tags"]),
            remove_tags=_tags(data["remove_tags"]),
        )


class PolicyForm(forms.Form):
    """What of the ledger becomes tasks."""

    from_bills = forms.BooleanField(label=gettext_lazy("Bills with a due date"), required=False)
    from_endings = forms.BooleanField(
        label=gettext_lazy("Trials that end and subscriptions that renew"), required=False
    )
    from_refunds = forms.BooleanField(label=gettext_lazy("Promised refunds"), required=False)
    from_deadlines = forms.BooleanField(
        label=gettext_lazy("Return windows and warranties"), required=False
    )


def link_of(text: str) -> Link:
    """What an address of our own pages names. Raises OrganizerError."""
    found = ADDRESS.search(text)
    try:
        if found is None:
            raise ValueError
        return Link(ADDRESSES[found[1]], uuid.UUID(found[2]))
    except ValueError as error:
        raise OrganizerError(
            gettext("Paste the address of a transaction, a bill, a message or a contact."),
            code="unknown_reference", field="link",
        ) from error  # fmt: skip


def _tags(text: str) -> tuple[str, ...]:
    return tuple(tag for tag in text.split(",") if tag.strip())
