"""/api/v1/tags"""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from finance import tags
from finance.models import Tag, TagRemoval
from tenancy.serializers import StrictModelSerializer, StrictSerializer
from tenancy.viewsets import TenantViewSet

REMOVED_SHOWN = 50


class TagSerializer(StrictModelSerializer):
    class Meta:
        model = Tag
        fields = ("id", "name", "created_at")
        read_only_fields = ("id", "created_at")
        # The verb knows which names are taken.
        validators = ()


class IntoInput(StrictSerializer):
    """The tag that stays."""

    into = serializers.UUIDField()


class RemovalSerializer(StrictModelSerializer):
    class Meta:
        model = TagRemoval
        fields = ("id", "tag_id", "name", "joined_into", "removed_at")
        read_only_fields = fields


class RemovalInput(StrictSerializer):
    """One of those that /removed lists."""

    removal = serializers.UUIDField()


class TagViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """Words that transactions carry beside their category. Removing one takes it off them all."""

    resource = "transactions"
    queryset = Tag.objects.all()
    serializer_class = TagSerializer
    ordering = ("name", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = tags.add_tag(serializer.validated_data["name"])

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        if "name" in serializer.validated_data:
            name = serializer.validated_data["name"]
            serializer.instance = tags.rename_tag(serializer.instance.pk, name)

    @extend_schema(responses=RemovalSerializer(many=True))
    @action(detail=False, methods=["get"], pagination_class=None)
    def removed(self, request: Request) -> Response:
        """The latest tags that were removed or joined."""
        rows = TagRemoval.objects.all()[:REMOVED_SHOWN]
        return Response(RemovalSerializer(rows, many=True).data)

    @extend_schema(request=RemovalInput, responses={201: TagSerializer})
    @action(detail=False, methods=["post"], pagination_class=None)
    def restore(self, request: Request) -> Response:
        """Bring one back, on the transactions that nobody has changed since."""
        body = RemovalInput(data=request.data)
        body.is_valid(raise_exception=True)
        tag = tags.restore_tag(body.validated_data["removal"])
        return Response(TagSerializer(tag).data, status=201)

    def perform_destroy(self, instance: Tag) -> None:
        tags.remove_tag(instance.pk)

    @extend_schema(request=IntoInput, responses=TagSerializer)
    @action(detail=True, methods=["post"])
    def join(self, request: Request, pk: uuid.UUID) -> Response:
        """What carries this tag gets another instead, and this one goes."""
        tag: Tag = self.get_object()
        body = IntoInput(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(TagSerializer(tags.join_tags(tag.pk, body.validated_data["into"])).data)
