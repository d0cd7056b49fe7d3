"""/api/v1/task-attachments"""

from __future__ import annotations

import django_filters as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from finance.viewsets.files import FIELDS, FileFilter, FileInput, FileViewSet
from organizer.models import TaskAttachment
from tenancy.serializers import StrictModelSerializer


class TaskAttachmentSerializer(StrictModelSerializer):
    task = serializers.UUIDField(source="task_id", read_only=True)

    class Meta:
        model = TaskAttachment
        fields = ("task", *FIELDS)
        read_only_fields = fields


class TaskAttachmentInput(FileInput):
    task = serializers.UUIDField()


class TaskAttachmentFilter(FileFilter):
    task = filters.UUIDFilter()

    class Meta:
        model = TaskAttachment
        fields: tuple[str, ...] = ()


class TaskAttachmentViewSet(FileViewSet):
    """Files beside tasks. A removed one can be brought back for thirty days."""

    resource = "tasks"
    model = TaskAttachment
    queryset = TaskAttachment.objects.defer("data")
    serializer_class = TaskAttachmentSerializer
    filterset_class = TaskAttachmentFilter

    @extend_schema(
        request={"multipart/form-data": TaskAttachmentInput},
        responses={201: TaskAttachmentSerializer},
    )
    def create(self, request: Request) -> Response:
        """Attach a file to a task. The same file again gives the first one."""
        return self.attached(request, TaskAttachmentInput)
