"""/api/v1: rules, edit-batches"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from finance.ledger.batches import MOST, Edited, undo
from finance.ledger.references import check_tags
from finance.models import EditBatch, Rule
from finance.rules import keeping, running
from finance.rules.serializers import (
    EditBatchSerializer,
    EditedShape,
    OrderInput,
    PreviewShape,
    RuleSerializer,
    UndoneShape,
)
from tenancy.viewsets import TenantViewSet


def edited_json(edited: Edited) -> Any:
    return EditedShape(
        {
            "batch_id": edited.batch.pk if edited.batch else None,
            "changed": edited.changed,
            "skipped": edited.skipped,
        }
    ).data


class RuleViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """What transactions get that match a query, in order; applied to what is booked, and to the
    whole ledger on request. What a person has set stays."""

    resource = "transactions"
    queryset = Rule.objects.prefetch_related("rule_tags")
    serializer_class = RuleSerializer
    ordering = ("position", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = keeping.save_rule(Rule(), **serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        assert serializer.instance is not None
        keeping.save_rule(serializer.instance, **serializer.validated_data)

    @extend_schema(request=RuleSerializer, responses=PreviewShape)
    @action(detail=False, methods=["post"], pagination_class=None)
    def preview(self, request: Request) -> Response:
        """What a rule would do to the ledger. Saves nothing."""
        body = RuleSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        tags = frozenset(given.pop("tags", ()))
        check_tags(tags)
        rule = Rule(**given)
        rule.wanted_tags = tags
        keeping.check_rule(rule)
        return Response(PreviewShape(running.preview(rule)).data)

    @extend_schema(request=None, responses=EditedShape)
    @action(detail=True, methods=["post"])
    def run(self, request: Request, pk: str) -> Response:
        """Apply it to what is in the ledger already; it can be undone."""
        rule: Rule = self.get_object()
        rows = running.candidates().order_by("-booked_on", "-id")[:MOST]
        return Response(edited_json(running.run([rule], rows, f"Rule: {rule.name}")))

    @extend_schema(request=OrderInput, responses={204: None})
    @action(detail=False, methods=["post"], pagination_class=None)
    def order(self, request: Request) -> Response:
        """The rules in a new order."""
        body = OrderInput(data=request.data)
        body.is_valid(raise_exception=True)
        keeping.order_rules(body.validated_data["rules"])
        return Response(status=204)


class EditBatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Many transactions that were changed at once."""

    resource = "transactions"
    queryset = EditBatch.objects.all()
    serializer_class = EditBatchSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"

    @extend_schema(request=None, responses=UndoneShape)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, pk: str) -> Response:
        """Bring back what it has changed, but for what somebody has changed since."""
        batch: EditBatch = self.get_object()
        restored, since = undo(batch.pk)
        return Response(UndoneShape({"restored": restored, "changed_since": since}).data)
