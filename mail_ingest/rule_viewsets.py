"""/api/v1: mail-rules, mail-policy."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from mail_ingest import rules
from mail_ingest.models import MailPolicy, MailRule
from mail_ingest.retention import mail_policy
from tenancy.scope import current_tenant_id
from tenancy.serializers import StrictModelSerializer
from tenancy.viewsets import TenantViewSet


class MailRuleSerializer(StrictModelSerializer):
    class Meta:
        model = MailRule
        fields = (
            "id", "position", "action", "sender", "subject", "folder", "is_enabled", "created_at",
        )  # fmt: skip
        read_only_fields = ("created_at",)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        said = {name: getattr(self.instance, name, "") for name in ("sender", "subject", "folder")}
        if not any({**said, **{name: attrs[name] for name in said if name in attrs}}.values()):
            raise serializers.ValidationError(
                "Name a sender, a part of the subject or a folder: else it would take everything.",
                code="empty_rule",
            )
        return attrs


class RuleTrialSerializer(MailRuleSerializer):
    last = serializers.IntegerField(
        min_value=1, max_value=rules.MOST_LOOKED_AT, default=1_000,
        help_text="How many of the latest messages are looked at.",
    )  # fmt: skip

    class Meta(MailRuleSerializer.Meta):
        fields = (*MailRuleSerializer.Meta.fields, "last")  # type: ignore[assignment]


class TakenSerializer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    from_address = serializers.CharField()
    subject = serializers.CharField()
    folder = serializers.CharField()
    received_at = serializers.DateTimeField()
    screening = serializers.CharField()


class RulePreviewSerializer(serializers.Serializer[Any]):
    looked_at = serializers.IntegerField()
    taken = serializers.IntegerField()
    changed = serializers.IntegerField(help_text="Of those, judged otherwise without the rule.")
    examples = TakenSerializer(many=True)


class MailPolicySerializer(StrictModelSerializer):
    class Meta:
        model = MailPolicy
        fields = ("keeps_unfinancial", "keep_days", "forgets_evidence")


class MailRuleViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, mixins.DestroyModelMixin, TenantViewSet,
):  # fmt: skip
    """Which messages are read, whatever our screening says: for mail that comes from then on."""

    resource = "mail"
    queryset = MailRule.objects.all()
    serializer_class = MailRuleSerializer
    ordering = ("position", "id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "head", "options", "post", "patch", "delete")
    action_permissions = {"preview": "mail:read"}

    @extend_schema(request=RuleTrialSerializer, responses=RulePreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """What a rule would have taken of the latest messages. Nothing is saved."""
        body = RuleTrialSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        fields = dict(body.validated_data)
        last = fields.pop("last")
        return Response(RulePreviewSerializer(rules.preview(MailRule(**fields), last=last)).data)


class MailPolicyViewSet(TenantViewSet):
    """How much of its mail the ledger keeps, and for how long."""

    resource = "mail"
    serializer_class = MailPolicySerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=MailPolicySerializer, operation_id="mail_policy_read")
    def list(self, request: Request) -> Response:
        return Response(MailPolicySerializer(mail_policy()).data)

    @extend_schema(request=MailPolicySerializer, responses=MailPolicySerializer)
    def create(self, request: Request) -> Response:
        """Set it. What has been forgotten does not come back."""
        body = MailPolicySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row, _ = MailPolicy.objects.update_or_create(
            tenant_id=current_tenant_id(), defaults=body.validated_data
        )
        return Response(MailPolicySerializer(row).data)
