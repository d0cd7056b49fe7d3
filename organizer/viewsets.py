"""/api/v1: tasks"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from organizer import todo
from organizer.filters import TaskFilter
from organizer.models import Task
from organizer.serializers import QuickAddInput, TaskSerializer
from tenancy.viewsets import TenantViewSet


class TaskViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """What has to be done, by day. Days are dates of the tenant's zone."""

    resource = "tasks"
    queryset = Task.objects.all()
    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    ordering = ("due_on", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = todo.add_task(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        serializer.instance = todo.change_task(serializer.instance.pk, serializer.validated_data)

    def perform_destroy(self, instance: Task) -> None:
        todo.remove_task(instance.pk)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def complete(self, request: Request, pk: str) -> Response:
        """Done now; one that repeats is followed by its next."""
        task: Task = self.get_object()
        return Response(TaskSerializer(todo.complete_task(task.pk)).data)

    @extend_schema(request=None, responses=TaskSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """To be done after all."""
        task: Task = self.get_object()
        return Response(TaskSerializer(todo.reopen_task(task.pk)).data)

    @extend_schema(request=QuickAddInput, responses={201: TaskSerializer})
    @action(detail=False, methods=["post"], url_path="quick-add", pagination_class=None)
    def quick_add(self, request: Request) -> Response:
        """A task of one line, in English or German."""
        body = QuickAddInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(TaskSerializer(todo.quick_add(body.validated_data["text"])).data, 201)
