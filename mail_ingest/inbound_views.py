"""/api/v1/inbound-address, and /api/v1/inbound, where signed messages arrive."""

from __future__ import annotations

import logging
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from mail_ingest import inbound
from mail_ingest.models import InboundAddress
from mail_ingest.providers.base import MAX_MESSAGE_BYTES
from tenancy.viewsets import TenantViewSet

logger = logging.getLogger(__name__)


class TooLarge(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"
    default_detail = f"A message may have {MAX_MESSAGE_BYTES // 2**20} MB."


class Later(APIException):
    """The database is away: whoever sends keeps the message and tries again."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = "unavailable"
    default_detail = "Inledger cannot store mail now. Try again later."
    wait = 30
    """Seconds, as Retry-After says them."""


class RawMessageParser(BaseParser):
    """The body as it is: the view reads it within its limit."""

    media_type = "message/rfc822"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return None


class ReceivedSerializer(serializers.Serializer[Any]):
    stored = serializers.BooleanField(help_text="False where it was here already.")
    quarantined = serializers.BooleanField()


class AddressSerializer(serializers.Serializer[Any]):
    address = serializers.CharField(help_text="Forward mail to it. Whoever knows it may send.")
    token = serializers.CharField(help_text="Names it in signed requests.")
    secret = serializers.CharField(
        required=False, help_text="Signs requests to /api/v1/inbound. Shown this once."
    )
    created_at = serializers.DateTimeField()


@method_decorator(csrf_exempt, name="dispatch")
class InboundView(APIView):
    """Takes one message, as it was received (RFC 5322), signed with the address's secret."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = (RawMessageParser,)

    @extend_schema(
        operation_id="inbound_receive",
        request={"message/rfc822": OpenApiTypes.BINARY},
        responses={status.HTTP_202_ACCEPTED: ReceivedSerializer},
        parameters=[
            OpenApiParameter("X-Inledger-Address", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("X-Inledger-Timestamp", str, OpenApiParameter.HEADER, required=True),
            OpenApiParameter("X-Inledger-Signature", str, OpenApiParameter.HEADER, required=True),
        ],
    )
    def post(self, request: Request) -> Response:
        body = _body(request._request)
        try:
            address = inbound.signed_address(
                request.headers.get("X-Inledger-Address", ""),
                request.headers.get("X-Inledger-Timestamp", ""),
                request.headers.get("X-Inledger-Signature", ""),
                body,
            )
            stored = inbound.receive(address, body)
        except DatabaseError as error:
            logger.exception("A message could not be stored.")
            raise Later from error
        answer = {"stored": bool(stored.stored), "quarantined": bool(stored.quarantined)}
        return Response(ReceivedSerializer(answer).data, status=status.HTTP_202_ACCEPTED)


class InboundAddressViewSet(TenantViewSet):
    """The ledger's private address for forwarded mail."""

    resource = "mail"
    serializer_class = AddressSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(responses=AddressSerializer(many=True), operation_id="inbound_address_read")
    def list(self, request: Request) -> Response:
        rows = InboundAddress.objects.filter(revoked_at=None)
        return Response({"data": [_shown(row) for row in rows], "next": None})

    @extend_schema(request=None, responses={status.HTTP_201_CREATED: AddressSerializer})
    def create(self, request: Request) -> Response:
        """A new address; the one before it is revoked."""
        opened = inbound.open_address()
        body = _shown(opened.address) | {"secret": opened.secret}
        return Response(body, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses={status.HTTP_204_NO_CONTENT: None})
    def delete(self, request: Request) -> Response:
        """Take no more mail."""
        inbound.revoke_address()
        return Response(status=status.HTTP_204_NO_CONTENT)


def _shown(row: InboundAddress) -> dict[str, Any]:
    row.refresh_from_db()
    return {
        "address": inbound.mail_address(row),
        "token": row.token,
        "created_at": row.created_at,
    }


def _body(request: HttpRequest) -> bytes:
    """Raises TooLarge before the whole of it is in memory."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_MESSAGE_BYTES:
        raise TooLarge
    body = request.read(MAX_MESSAGE_BYTES + 1)
    if len(body) > MAX_MESSAGE_BYTES:
        raise TooLarge
    return bytes(body)
