"""/api/v1: calendar-feeds, calendar-imports, reminders"""

from __future__ import annotations

from typing import Any

import django_filters as filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from accounts.access import person_of
from organizer import calendar_serializers as shapes
from organizer import reminders
from organizer.calendar_views import address_of
from organizer.calendars import feeds, importing
from organizer.file_import_viewsets import FileImportViewSet, Verbs
from organizer.models import CalendarFeed, CalendarImport, Reminder
from tenancy.viewsets import TenantViewSet


class CalendarFeedViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """One's own calendar feeds: secret addresses for calendar programs. An address is shown when it
    is made, and never again."""

    resource = "calendars"
    queryset = CalendarFeed.objects.all()
    serializer_class = shapes.CalendarFeedSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[CalendarFeed]:
        return feeds.own_feeds(person_of(self.request).pk)

    @extend_schema(responses={201: shapes.MadeFeedSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        body = shapes.CalendarFeedSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row, token = feeds.make_feed(**body.validated_data)
        made = shapes.with_address(row, address_of(token))
        return Response(made, status=status.HTTP_201_CREATED)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        serializer.instance = feeds.change_feed(serializer.instance.pk, serializer.validated_data)

    def perform_destroy(self, instance: CalendarFeed) -> None:
        feeds.revoke_feed(instance.pk)

    @extend_schema(request=None, responses=shapes.MadeFeedSerializer)
    @action(detail=True, methods=["post"])
    def renew(self, request: Request, pk: str) -> Response:
        """Another address; the old one opens nothing any more."""
        found: CalendarFeed = self.get_object()
        row, token = feeds.renew_feed(found.pk)
        return Response(shapes.with_address(row, address_of(token)))


class ReminderFilter(filters.FilterSet):  # type: ignore[misc] # untyped library
    is_done = filters.BooleanFilter(field_name="done_at", lookup_expr="isnull", exclude=True)
    task = filters.UUIDFilter(field_name="task_id")

    class Meta:
        model = Reminder
        fields: tuple[str, ...] = ()


class ReminderViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """One's own reminders: at an instant, or so long before a task is due; once, or again and again
    until they are done. They come as notices, see /notifications."""

    resource = "tasks"
    queryset = Reminder.objects.all()
    serializer_class = shapes.ReminderSerializer
    filterset_class = ReminderFilter
    ordering = ("next_at", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def get_queryset(self) -> QuerySet[Reminder]:
        return reminders.own_reminders(person_of(self.request).pk)

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = reminders.add_reminder(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        changes = serializer.validated_data
        serializer.instance = reminders.change_reminder(serializer.instance.pk, changes)

    def perform_destroy(self, instance: Reminder) -> None:
        reminders.remove_reminder(instance.pk)

    @extend_schema(request=shapes.ReminderSnoozeInput, responses=shapes.ReminderSerializer)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Be told again later."""
        row: Reminder = self.get_object()
        body = shapes.ReminderSnoozeInput(data=request.data)
        body.is_valid(raise_exception=True)
        changed = reminders.snooze_reminder(row.pk, body.validated_data["until"])
        return Response(self.get_serializer(changed).data)

    @extend_schema(request=None, responses=shapes.ReminderSerializer)
    @action(detail=True, methods=["post"])
    def done(self, request: Request, pk: str) -> Response:
        """It is told no more."""
        row: Reminder = self.get_object()
        return Response(self.get_serializer(reminders.finish_reminder(row.pk)).data)


@extend_schema_view(
    create=extend_schema(
        request={"multipart/form-data": shapes.CalendarFileInput},
        responses={201: shapes.CalendarImportSerializer},
    ),
    lines=extend_schema(responses=shapes.EntryLineSerializer(many=True)),
)
class CalendarImportViewSet(FileImportViewSet):
    """Calendar files of other programs: to-dos and events that repeat become tasks, events to come
    become one's own reminders. Nothing is taken over before a file is applied."""

    resource = "tasks"
    queryset = CalendarImport.objects.defer("data")
    serializer_class = shapes.CalendarImportSerializer
    file_shape = shapes.CalendarFileInput
    line_shape = shapes.EntryLineSerializer
    verbs = Verbs(importing.upload, importing.preview, importing.apply)
