"""Files of a task, in its drawer."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST, require_safe

from finance import files
from finance.errors import LedgerError
from organizer.models import Task, TaskAttachment
from organizer.task_views import show_task
from tenancy.pages import page


@require_POST
@page("tasks:read", write="tasks:write")
def attach(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(Task, pk=task_id)
    try:
        files.upload(TaskAttachment, task_id, request)
    except LedgerError as error:
        return show_task(request, task_id, problem=str(error), status=422)
    return show_task(request, task_id)


@require_safe
@page("tasks:read")
def download(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    return files.download(get_object_or_404(TaskAttachment, pk=attachment_id))


@require_POST
@page("tasks:read", write="tasks:write")
def decide(request: HttpRequest, attachment_id: uuid.UUID) -> HttpResponse:
    """Remove it, or bring it back."""
    row = get_object_or_404(TaskAttachment.objects.defer("data"), pk=attachment_id)
    if request.POST.get("verb") == "remove":
        files.remove(TaskAttachment, row.pk)
        return show_task(request, row.task_id, removed=row)
    try:
        files.restore(TaskAttachment, row.pk)
    except LedgerError as error:
        return show_task(request, row.task_id, problem=str(error), status=422)
    return show_task(request, row.task_id)
