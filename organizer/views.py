"""The pages of tasks: the list with its views, and quick add."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from organizer import todo
from organizer.errors import OrganizerError
from organizer.filters import VIEWS, in_view, of_person, with_tag
from organizer.following import set_task_policy, task_policy
from organizer.listing import due_text, listed
from organizer.models import RepeatBy, Task
from organizer.people import label_of, members
from organizer.querysets import shown
from organizer.task_forms import BulkForm, PolicyForm, QuickAddForm, TaskFilterForm
from organizer.wording import rule_words
from tenancy.pages import is_htmx, leave_form, page, tell
from tenancy.permissions import may

CHANGED_EVENT: Final = "tasks-changed"
FIRST_VIEW: Final = "open"


@require_safe
@page("tasks:read")
def tasks(request: HttpRequest) -> HttpResponse:
    return _tasks(request, QuickAddForm())


@require_POST
@page("tasks:write")
def add(request: HttpRequest) -> HttpResponse:
    """A task of one line; htmx gets an empty line and loads the list again."""
    form, made = QuickAddForm(request.POST), None
    if form.is_valid():
        try:
            made = todo.quick_add(form.cleaned_data["text"])
        except OrganizerError as error:
            error.field = "text"
            tell(form, error)
    if not is_htmx(request):
        return redirect("tasks") if made else _tasks(request, form, status=422)
    context: dict[str, Any] = {"quick": QuickAddForm() if made else form}
    if made:
        context["done_text"] = _("Added: %(title)s") % {"title": made.title}
    answer = render(request, "organizer/_quick_add.html", context, status=200 if made else 422)
    if made:
        answer["HX-Trigger-After-Settle"] = CHANGED_EVENT
    return answer


@require_safe
@page("tasks:read")
def preview(request: HttpRequest) -> HttpResponse:
    """How the line is understood so far."""
    text = request.GET.get("text", "")[:500]
    said = _understood(text) if text.strip() else []
    return render(request, "organizer/_preview.html", {"understood": said})


def _understood(text: str) -> list[str]:
    draft, assignee = todo.draft_of(text)
    by = RepeatBy.COMPLETION if draft.by_completion else RepeatBy.DUE
    task = Task(
        due_on=draft.due_on, due_time=draft.due_time, priority=draft.priority, title=draft.title
    )
    said = [f"“{draft.title}”" if draft.title else _("Say what is to be done.")]
    if task.due_on:
        said.append(due_text(task, ""))
    if draft.repeat:
        said.append(rule_words(draft.repeat, by))
    if task.priority != "normal":
        said.append(task.get_priority_display())
    said += [f"#{tag}" for tag in draft.tags]
    return [*said, label_of(assignee)] if assignee else said


@require_http_methods(["GET", "HEAD", "POST"])
@page("tasks:read", write="tasks:write")
def policy(request: HttpRequest) -> HttpResponse:
    """What of the ledger becomes tasks."""
    row = task_policy()
    initial = {name: getattr(row, name) for name in PolicyForm.base_fields}
    form = PolicyForm(request.POST or None, initial=initial)
    if request.method == "POST" and PolicyForm(request.POST).is_valid():
        set_task_policy(**{name: name in request.POST for name in PolicyForm.base_fields})
        messages.success(request, _("Saved."))
        return leave_form(request, "tasks")
    context = {"form": form, "heading": _("Tasks made of the ledger"), "action": _("Save")}
    template = "finance/_form.html" if is_htmx(request) else "finance/form.html"
    return render(request, template, context)


def _tasks(request: HttpRequest, quick: QuickAddForm, *, status: int = 200) -> HttpResponse:
    view = request.GET.get("view", "")
    view = view if view in dict(VIEWS) else FIRST_VIEW
    people = members()
    form = TaskFilterForm(request.GET, members=people)
    found = in_view(shown(Task.objects.select_related("assignee")), view)
    if form.is_valid():
        found = _narrowed(found, form.cleaned_data)
    found_page = listed(request, found, by_day=view != "done")
    query = request.GET.copy()
    query.pop("after", None)
    narrowing = query.copy()
    narrowing.pop("view", None)
    context: dict[str, Any] = {
        "quick": quick, "form": form, "rows": found_page.rows, "next_page": found_page.next_href,
        "view": view, "views": VIEWS, "narrowing": narrowing.urlencode(),
        "is_narrowed": form.is_valid() and any(form.cleaned_data.values()),
        "list_query": query.urlencode(),
    }  # fmt: skip
    if found_page.rows and may("tasks:write"):
        context["bulk"] = BulkForm(members=people)
    template = "organizer/tasks.html"
    if is_htmx(request):
        is_next = bool(request.GET.get("after"))
        template = "organizer/_rows.html" if is_next else "organizer/_list.html"
    return render(request, template, context, status=status)


def _narrowed(found: QuerySet[Task], data: dict[str, Any]) -> QuerySet[Task]:
    if data["person"]:
        found = of_person(found, data["person"])
    if data["tag"].strip():
        found = with_tag(found, data["tag"].strip())
    if data["search"].strip():
        found = found.filter(title__icontains=data["search"].strip())
    return found
