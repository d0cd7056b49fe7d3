"""/api/v1/jobs: what runs in the background, for one tenant."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jobs.filters import JobFilter
from jobs.models import Job
from jobs.runner import JobRunner
from jobs.serializers import JobSerializer
from jobs.triggers import trigger
from tenancy.viewsets import TenantViewSet


class JobViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    resource = "jobs"
    queryset = Job.objects.select_related("triggered_by")
    serializer_class = JobSerializer
    filterset_class = JobFilter
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: uuid.UUID) -> Response:
        """Stop a job: at once while it waits, where it next reports progress or writes while it
        runs. What it has written until then stays."""
        return self._after(JobRunner.cancel, pk)

    @extend_schema(request=None, responses=JobSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: uuid.UUID) -> Response:
        """Run a failed, dead or cancelled job again, with a new budget of attempts."""
        return self._after(JobRunner.retry, pk)

    @extend_schema(
        request=OpenApiTypes.OBJECT,
        responses={status.HTTP_202_ACCEPTED: JobSerializer},
        parameters=[OpenApiParameter("kind", str, OpenApiParameter.PATH)],
    )
    @action(detail=False, methods=["post"], url_path=r"trigger/(?P<kind>[\w.-]+)")
    def trigger(self, request: Request, kind: str) -> Response:
        """Start a job of a kind that may be triggered by hand; the body is its payload. While one
        with the same subject is live, that one is returned."""
        if not isinstance(request.data, dict):
            raise ValidationError("The payload must be a JSON object.", code="payload")
        job = trigger(kind, dict(request.data))
        return Response(self._shown(job.id), status=status.HTTP_202_ACCEPTED)

    def _after(self, verb: Any, job_id: uuid.UUID) -> Response:
        try:
            verb(job_id)
        except Job.DoesNotExist as error:
            raise Http404 from error
        return Response(self._shown(job_id))

    def _shown(self, job_id: uuid.UUID) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=job_id)).data
