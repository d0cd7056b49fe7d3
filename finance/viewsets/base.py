"""What the viewsets of the ledger have in common."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.permissions import SAFE_METHODS
from rest_framework.serializers import BaseSerializer

from finance.errors import NotInLedger, UnknownReference
from finance.models import FinancialAccount
from tenancy.snapshot import snapshot
from tenancy.viewsets import TenantViewSet
from tenancy.wording import worded

UUID_PATTERN = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
Input = TypeVar("Input", bound=BaseSerializer[Any])


class LedgerViewSet(TenantViewSet):
    """`serializer_class` reads the body of a new row, `inputs` those of other actions."""

    inputs: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    lookup_value_regex = UUID_PATTERN

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A read is one snapshot."""
        if request.method not in SAFE_METHODS:
            return super().dispatch(request, *args, **kwargs)
        with snapshot():
            return super().dispatch(request, *args, **kwargs)

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return self.inputs.get(self.action) or super().get_serializer_class()

    def read(self, kind: type[Input], data: Any = None) -> Input:
        """The validated body (or other data). Raises DRF's ValidationError, but NotInLedger first
        when the address names a row that is not there."""
        if "pk" in self.kwargs and not self.get_queryset().filter(pk=self.row_id).exists():
            raise NotInLedger(
                worded(
                    "There is no %(verbose_name)s here.",
                    verbose_name=self.get_queryset().model._meta.verbose_name,
                )
            )
        given = kind(data=self.request.data if data is None else data)
        given.is_valid(raise_exception=True)
        return given

    @property
    def row_id(self) -> uuid.UUID:
        return uuid.UUID(self.kwargs["pk"])


def currency_of(account_id: uuid.UUID) -> str:
    """Raises UnknownReference."""
    found = FinancialAccount.objects.filter(pk=account_id).values_list("currency", flat=True)
    if not found:
        raise UnknownReference(
            worded("There is no account %(pk)s.", pk=account_id), field="account"
        )
    return str(found[0])
