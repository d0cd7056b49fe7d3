"""/api/v1: model-backends, language-models, model-prices, model-policy."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from extraction import connecting, spending
from extraction.asking import people
from extraction.backends.client import request_of
from extraction.model_serializers import (
    HealthSerializer,
    LanguageModelSerializer,
    ModelBackendSerializer,
    ModelNameSerializer,
    ModelPolicySerializer,
    ModelPriceSerializer,
    PreviewRequestSerializer,
    PreviewSerializer,
    ProbedSerializer,
)
from extraction.models import LanguageModel, ModelBackend, ModelPolicy, ModelPrice
from extraction.pipeline import stored_document
from extraction.questions import question
from mail_ingest.models import Email
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id
from tenancy.viewsets import TenantViewSet


class ModelBackendViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, TenantViewSet,
):  # fmt: skip
    """Servers of language models. All are off until one is enabled with a model."""

    resource = "models"
    queryset = ModelBackend.objects.all()
    serializer_class = ModelBackendSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    http_method_names = ("get", "head", "options", "post", "patch")
    action_permissions = {"preview": "models:read"}

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = connecting.register_backend(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        row: ModelBackend = self.get_object()
        connecting.change_backend(row, **serializer.validated_data)
        serializer.instance = row

    @extend_schema(request=None, responses=HealthSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Is it up, and which models has it?"""
        return Response(HealthSerializer(connecting.check_backend(self.get_object())).data)

    @extend_schema(request=ModelNameSerializer, responses=ProbedSerializer)
    @action(detail=True, methods=["post"])
    def probe(self, request: Request, pk: str) -> Response:
        """Find out how it takes questions, with a question about nothing of yours."""
        row = self.get_object()
        answer = connecting.probe_backend(row, self._name(request))
        found = {"outcome": answer.outcome, "detail": answer.detail, "backend": row}
        return Response(ProbedSerializer(found).data)

    @extend_schema(request=ModelNameSerializer, responses=LanguageModelSerializer)
    @action(detail=True, methods=["post"])
    def enable(self, request: Request, pk: str) -> Response:
        """From now on this model reads what the rules cannot; the one before it rests."""
        model = connecting.enable_model(self.get_object(), self._name(request))
        return Response(LanguageModelSerializer(model).data)

    @extend_schema(request=None, responses=ModelBackendSerializer)
    @action(detail=True, methods=["post"])
    def disable(self, request: Request, pk: str) -> Response:
        return self._after(connecting.disable_models)

    @extend_schema(request=None, responses=ModelBackendSerializer)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, pk: str) -> Response:
        """Asked no more; its key is forgotten, its calls stay on record."""
        return self._after(connecting.retire_backend)

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, pk: str) -> Response:
        """Exactly what would be sent about a message. Nothing is sent."""
        row = self.get_object()
        body = PreviewRequestSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        emails = Email.objects.select_related("account", "raw")
        email = get_object_or_404(emails, id=body.validated_data["email"])
        tenant = Tenant.objects.get(id=current_tenant_id())
        document = stored_document(email, tenant)
        if document is None:
            raise ValidationError("This message cannot be read.", code="unreadable")
        names = people() if row.redact_names else []
        prompt = question(body.validated_data["model"], document, names=names)
        model = LanguageModel(backend=row, name=prompt.model)
        shown = {
            "to": row.base_url,
            "retention": row.retention,
            "request": request_of(connecting.endpoint_of(row), prompt),
            "refusal": spending.budget_for(model, prompt, tenant).refusal,
        }
        return Response(PreviewSerializer(shown).data)

    @staticmethod
    def _name(request: Request) -> str:
        body = ModelNameSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        name: str = body.validated_data["model"]
        return name

    def _after(self, verb: Any) -> Response:
        row = self.get_object()
        verb(row)
        return Response(self.get_serializer(row).data)


class LanguageModelViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    """Models that have been enabled once."""

    resource = "models"
    queryset = LanguageModel.objects.all()
    serializer_class = LanguageModelSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"


class ModelPriceViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, TenantViewSet
):
    """Prices by day, in millionths of the currency for a million tokens. One that has begun is
    not changed: add the next."""

    resource = "models"
    queryset = ModelPrice.objects.all()
    serializer_class = ModelPriceSerializer
    ordering = ("-valid_from", "-id")
    lookup_value_converter = "uuid"


class ModelPolicyViewSet(TenantViewSet):
    """What this ledger allows its models: one for the whole ledger."""

    resource = "models"
    serializer_class = ModelPolicySerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=ModelPolicySerializer, operation_id="model_policy_read")
    def list(self, request: Request) -> Response:
        return self._shown(ModelPolicy.objects.first())

    @extend_schema(request=ModelPolicySerializer, responses=ModelPolicySerializer)
    def create(self, request: Request) -> Response:
        """Set the policy."""
        body = ModelPolicySerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row, _ = ModelPolicy.objects.update_or_create(
            tenant_id=current_tenant_id(), defaults=body.validated_data
        )
        return self._shown(row)

    @staticmethod
    def _shown(row: ModelPolicy | None) -> Response:
        tenant = Tenant.objects.get(id=current_tenant_id())
        row = row or ModelPolicy(currency=tenant.currency)
        spent = spending.spent_micros(row.currency, tenant, timezone.now())
        return Response(ModelPolicySerializer(row, context={"spent": spent}).data)
