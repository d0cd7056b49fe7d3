"""/api/v1: tasks, task-batches, task-policy"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from organizer import todo
from organizer.batches import Wanted, edit_many, undo
from organizer.filters import TaskFilter
from organizer.following import set_task_policy, task_policy
from organizer.models import RepeatBy, Task, TaskBatch
from organizer.querysets import LISTED, ORDER, dressed, shown
from organizer.serializers import (
    BatchUndoneShape,
    BulkInput,
    BulkShape,
    DraftShape,
    QuickAddInput,
    TaskBatchSerializer,
    TaskPolicySerializer,
    TaskSerializer,
)
from tenancy.viewsets import TenantViewSet


class TaskViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """What has to be done, by day. Days are dates of the tenant's zone, or of the task's own."""

    resource = "tasks"
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    ordering = ORDER
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")
    action_permissions = {"preview": "tasks:read"}

    def get_queryset(self) -> QuerySet[Task, Any]:
        return LISTED.all() if self.action == "list" else shown(super().get_queryset())

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        return dressed(page) if self.action == "list" and page else page

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = self._fresh(todo.add_task(**serializer.validated_data).pk)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        row = todo.change_task(serializer.instance.pk, serializer.validated_data)
        serializer.instance = self._fresh(row.pk)

    def perform_destroy(self, instance: Task) -> None:
        todo.remove_task(instance.pk)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Done now; one that repeats is followed by its next."""
        return self._by(todo.complete_task)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """To be done after all; the one that followed it is withdrawn."""
        return self._by(todo.reopen_task)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def skip(self, request: Request, pk: str) -> Response:
        """Leave this day of its rule out."""
        return self._by(todo.skip_task)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def drop(self, request: Request, pk: str) -> Response:
        """Not to be done after all; a series ends with it."""
        return self._by(todo.drop_task)

    @extend_schema(request=QuickAddInput, responses={201: TaskSerializer})
    @action(detail=False, methods=["post"], url_path="quick-add", pagination_class=None)
    def quick_add(self, request: Request) -> Response:
        """A task of one line, in English or German."""
        row = todo.quick_add(_read(QuickAddInput, request)["text"])
        return Response(TaskSerializer(self._fresh(row.pk)).data, 201)

    @extend_schema(request=QuickAddInput, responses=DraftShape)
    @action(detail=False, methods=["post"], url_path="quick-add/preview", pagination_class=None)
    def preview(self, request: Request) -> Response:
        """How a line would be understood. Saves nothing."""
        draft, assignee = todo.draft_of(_read(QuickAddInput, request)["text"])
        repeat_by = RepeatBy.COMPLETION if draft.by_completion else RepeatBy.DUE
        said = {
            "title": draft.title, "due_on": draft.due_on, "due_time": draft.due_time,
            "priority": draft.priority, "tags": draft.tags, "rule": str(draft.repeat or ""),
            "repeat_by": repeat_by, "assignee": assignee.pk if assignee else None,
        }  # fmt: skip
        return Response(DraftShape(said).data)

    @extend_schema(request=BulkInput, responses=BulkShape)
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Change up to 500 at once; `task-batches` undoes it."""
        given = _read(BulkInput, request)
        wanted = Wanted(
            is_done=given.get("is_done"),
            move_days=given.get("move_days"),
            move_to=(given["due_on"],) if "due_on" in given else None,
            assign=(given["assignee"],) if "assignee" in given else None,
            priority=given.get("priority"),
            add_tags=tuple(given.get("add_tags", ())),
            remove_tags=tuple(given.get("remove_tags", ())),
        )
        edited = edit_many(given["ids"], wanted)
        said = {"batch_id": edited.batch.pk if edited.batch else None, "changed": edited.changed}
        return Response(BulkShape(said).data)

    def _by(self, verb: Callable[[uuid.UUID], Task]) -> Response:
        task: Task = self.get_object()
        return Response(TaskSerializer(self._fresh(verb(task.pk).pk)).data)

    def _fresh(self, task_id: uuid.UUID) -> Task:
        found: Task = self.get_queryset().get(pk=task_id)
        return found


class TaskBatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Many tasks that were changed at once."""

    resource = "tasks"
    queryset = TaskBatch.objects.all()
    serializer_class = TaskBatchSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    @extend_schema(request=None, responses=BatchUndoneShape)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Bring back what it has changed, but for what somebody has changed since."""
        batch: TaskBatch = self.get_object()
        restored, since = undo(batch.pk)
        return Response(BatchUndoneShape({"restored": restored, "changed_since": since}).data)


class TaskPolicyViewSet(TenantViewSet):
    """Which facts of the ledger become tasks."""

    resource = "tasks"
    serializer_class = TaskPolicySerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=TaskPolicySerializer, operation_id="task_policy_read")
    def list(self, request: Request) -> Response:
        return Response(TaskPolicySerializer(task_policy()).data)

    @extend_schema(request=TaskPolicySerializer, responses=TaskPolicySerializer)
    def create(self, request: Request) -> Response:
        """Set it, for what comes; what is not named keeps its value. Tasks that are there stay."""
        given = _read(TaskPolicySerializer, request, partial=True)
        row = task_policy()
        names = ("from_bills", "from_endings", "from_refunds", "from_deadlines")
        wanted = {name: getattr(row, name) for name in names} | given
        return Response(TaskPolicySerializer(set_task_policy(**wanted)).data)


def _read(serializer: type[BaseSerializer[Any]], request: Request, *, partial: bool = False) -> Any:
    body = serializer(data=request.data, partial=partial)
    body.is_valid(raise_exception=True)
    return body.validated_data
