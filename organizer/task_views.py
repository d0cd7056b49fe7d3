"""One task in the drawer or on its page, and many at once."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, Final

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from finance import files
from finance.models import BillNotice
from organizer import todo
from organizer.batches import edit_many, undo
from organizer.errors import OrganizerError
from organizer.linking import Link
from organizer.listing import rows_of
from organizer.models import LINK_KINDS, Task, TaskAttachment, TaskBatch, TaskLink, TaskState
from organizer.querysets import shown
from organizer.task_forms import BulkForm, TaskForm, link_of
from organizer.views import CHANGED_EVENT
from tenancy.pages import is_htmx, leave_form, page, tell
from tenancy.permissions import may

VERBS: Final[dict[str, Callable[[uuid.UUID], Task]]] = {
    "complete": todo.complete_task, "reopen": todo.reopen_task, "skip": todo.skip_task,
    "drop": todo.drop_task,
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@page("tasks:read", write="tasks:write")
def task(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """One task; a POST saves its fields."""
    row: Task = get_object_or_404(_tasks(), pk=task_id)
    if request.method != "POST":
        return _show(request, row)
    form = TaskForm(request.POST, initial=TaskForm.initial_of(row))
    if form.is_valid():
        try:
            todo.change_task(row.pk, form.changes(), expected_version=row.version)
        except OrganizerError as error:
            if error.field == "assignee_id":
                error.field = "assignee"
            tell(form, error)
        else:
            return _changed(request, row.pk, f"{_('Saved.')} {form.kept_text()}".strip())
    return _show(request, row, form=form, status=422)


@require_POST
@page("tasks:read", write="tasks:write")
def decide(request: HttpRequest, task_id: uuid.UUID, verb: str) -> HttpResponse:
    """Done, open again, skipped, dropped or removed."""
    row: Task = get_object_or_404(Task, pk=task_id)
    if verb == "remove":
        todo.remove_task(row.pk)
        return _gone(request, _("Removed: %(title)s") % {"title": row.title})
    if verb not in VERBS:
        raise Http404
    try:
        row = VERBS[verb](row.pk)
    except OrganizerError as error:
        return _refused(request, row.pk, error)
    return _changed(request, row.pk, _told(row, verb))


@require_POST
@page("tasks:read", write="tasks:write")
def item(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """One item of the checklist: added, ticked or taken off."""
    row: Task = get_object_or_404(Task, pk=task_id)
    items, text = list(row.checklist), request.POST.get("text", "").strip()
    at = request.POST.get("at", "")
    try:
        if text:
            items.append({"text": text, "is_done": False})
        elif not at.isdecimal() or int(at) >= len(items):
            raise OrganizerError(_("This item is not there any more."), code="no_item")
        elif request.POST.get("verb") == "remove":
            items.pop(int(at))
        else:
            items[int(at)] = items[int(at)] | {"is_done": not items[int(at)]["is_done"]}
        todo.change_task(row.pk, {"checklist": items}, expected_version=_version(request))
    except OrganizerError as error:
        return _refused(request, row.pk, error)
    return _changed(request, row.pk, "")


@require_POST
@page("tasks:read", write="tasks:write")
def link(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """A link added by its address, or taken off."""
    row: Task = get_object_or_404(_tasks(), pk=task_id)
    links = [Link(one.kind, uuid.UUID(one.target_id)) for one in row.linked]
    try:
        if address := request.POST.get("address", "").strip():
            links.append(link_of(address))
        else:
            gone = request.POST.get("remove", "")
            links = [one for one in links if str(one.id) != gone]
        todo.change_task(row.pk, {"links": tuple(links)})
    except OrganizerError as error:
        return _refused(request, row.pk, error)
    return _changed(request, row.pk, "")


@require_POST
@page("tasks:write")
def edit(request: HttpRequest) -> HttpResponse:
    """Change the ticked ones."""
    form = BulkForm(request.POST)
    if not form.is_valid():
        return _bulk(request, form)
    try:
        edited = edit_many(_chosen(request), form.wanted())
    except OrganizerError as error:
        tell(form, error)
        return _bulk(request, form)
    text = ngettext("%(n)d task changed.", "%(n)d tasks changed.", edited.changed)
    return _bulk_done(request, text % {"n": edited.changed}, edited.batch)


@require_POST
@page("tasks:write")
def undo_batch(request: HttpRequest, batch_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(TaskBatch, pk=batch_id)
    restored, since = undo(batch_id)
    text = ngettext("%(n)d came back.", "%(n)d came back.", restored) % {"n": restored}
    if since:
        more = ngettext(
            "%(n)d was changed since and stays.", "%(n)d were changed since and stay.", since
        )
        text = f"{text} {more % {'n': since}}"
    return _bulk_done(request, text, None)


def _chosen(request: HttpRequest) -> list[uuid.UUID]:
    """Raises OrganizerError."""
    try:
        ids = [uuid.UUID(text) for text in request.POST.getlist("ids")]
    except ValueError:
        ids = []
    if not ids:
        raise OrganizerError(_("Choose tasks of the list."), code="nothing_chosen")
    return ids


def _version(request: HttpRequest) -> int | None:
    text = request.POST.get("version", "")
    return int(text) if text.isdecimal() else None


def _told(row: Task, verb: str) -> str:
    said = {
        "complete": _("Done: %(title)s"), "reopen": _("Open again: %(title)s"),
        "skip": _("Skipped: %(title)s"), "drop": _("Dropped: %(title)s"),
    }  # fmt: skip
    return said[verb] % {"title": row.title}


def show_task(
    request: HttpRequest, task_id: uuid.UUID, *, removed: TaskAttachment | None = None,
    problem: str = "", status: int = 200,
) -> HttpResponse:  # fmt: skip
    """The task as it is now, with what went wrong, or with a file that was just removed."""
    row: Task = _tasks().get(pk=task_id)
    return _show(request, row, removed=removed, problem=problem, status=status)


def _show(
    request: HttpRequest, row: Task, *, form: TaskForm | None = None, text: str = "",
    problem: str = "", removed: TaskAttachment | None = None, status: int = 200,
) -> HttpResponse:  # fmt: skip
    bill = row.bill
    notices = BillNotice.objects.filter(bill=bill, source_kind="email") if bill else []
    context: dict[str, Any] = {
        "task": row,
        "row": rows_of([row])[0],
        "form": form
        or (TaskForm(initial=TaskForm.initial_of(row)) if may("tasks:write") else None),
        "notices": notices,
        "links": TaskLink.objects.filter(task=row).select_related(*LINK_KINDS),
        "sees_contacts": may("contacts:read"),
        "is_open": row.state == TaskState.OPEN,
        "attachments": files.kept(TaskAttachment).filter(task=row),
        "removed": removed,
        "done_text": text,
        "problem": problem,
    }
    template = "organizer/_task.html" if is_htmx(request) else "organizer/task.html"
    return render(request, template, context, status=status)


def _changed(request: HttpRequest, task_id: uuid.UUID, text: str) -> HttpResponse:
    """htmx gets the task anew and loads the list again; from a row of the list only the toast."""
    if not is_htmx(request):
        if text:
            messages.success(request, text)
        return redirect("tasks") if "from_list" in request.POST else redirect("task", task_id)
    if "from_list" in request.POST:
        answer = render(request, "organizer/_toast.html", _toast(task_id, text))
    else:
        answer = _show(request, _tasks().get(pk=task_id), text=text)
    answer["HX-Trigger-After-Settle"] = CHANGED_EVENT
    return answer


def _toast(task_id: uuid.UUID, text: str) -> dict[str, Any]:
    """What was done from the list can be taken back at once."""
    return {"done_text": text, "undo_url": reverse("task_decide", args=[task_id, "reopen"])}


def _refused(request: HttpRequest, task_id: uuid.UUID, error: OrganizerError) -> HttpResponse:
    return show_task(request, task_id, problem=str(error), status=422)


def _gone(request: HttpRequest, text: str) -> HttpResponse:
    """Out of the drawer; a page of its own leads to the list."""
    if "X-Drawer" not in request.headers:
        messages.success(request, text)
        return leave_form(request, "tasks")
    answer = render(request, "organizer/_toast.html", {"done_text": text})
    answer["HX-Trigger-After-Settle"] = f"{CHANGED_EVENT}, close-drawer"
    return answer


def _bulk(request: HttpRequest, form: BulkForm) -> HttpResponse:
    template = "organizer/_bulk.html" if is_htmx(request) else "organizer/bulk.html"
    context = {"bulk": form, "ids": request.POST.getlist("ids")}
    return render(request, template, context, status=422)


def _bulk_done(request: HttpRequest, text: str, batch: TaskBatch | None) -> HttpResponse:
    undo_url = reverse("task_batch_undo", args=[batch.pk]) if batch else ""
    if not is_htmx(request):
        messages.success(request, text)
        return redirect("tasks")
    context = {"bulk": BulkForm(), "done_text": text, "undo_url": undo_url}
    answer = render(request, "organizer/_bulk_done.html", context)
    answer["HX-Trigger-After-Settle"] = CHANGED_EVENT
    return answer


def _tasks() -> QuerySet[Task]:
    return shown(Task.objects.select_related("assignee"))
