"""/api/v1: connected-accounts, emails, mail-imports."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.translation import gettext
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jobs.models import Job
from mail_ingest import connecting, imports, storage, upload_files
from mail_ingest.errors import MailError, MailFileError
from mail_ingest.filters import ConnectedAccountFilter, EmailFilter
from mail_ingest.models import ConnectedAccount, Email, MailImport
from mail_ingest.providers.base import CheckResult
from mail_ingest.serializers import (
    AcceptedSerializer,
    BackfillSerializer,
    CheckedSerializer,
    ConnectedAccountSerializer,
    EmailDetailSerializer,
    EmailSerializer,
    FolderSerializer,
    MailImportSerializer,
    UploadSerializer,
    mailbox_fields,
    writable_for,
)
from tenancy.viewsets import TenantViewSet

ACCEPTED = {status.HTTP_202_ACCEPTED: AcceptedSerializer}


def accepted(job: Job) -> Response:
    return Response(AcceptedSerializer({"job_id": job.id}).data, status=status.HTTP_202_ACCEPTED)


class ConnectedAccountViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin,
    mixins.UpdateModelMixin, TenantViewSet,
):  # fmt: skip
    resource = "mail"
    queryset = ConnectedAccount.objects.all()
    serializer_class = ConnectedAccountSerializer
    filterset_class = ConnectedAccountFilter
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    query_parameters = ("confirm",)
    http_method_names = ("get", "head", "options", "post", "patch", "delete")

    def perform_create(self, serializer: BaseSerializer[Any]) -> None:
        serializer.instance = connecting.connect_account(**serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        account = self._account()
        unfit = set(serializer.validated_data) - writable_for(account.kind)
        if unfit:
            raise MailError(gettext("Imported files have only a label."), code="not_a_mailbox",
                            field=min(unfit))  # fmt: skip
        serializer.instance = connecting.change_account(account, **serializer.validated_data)

    @extend_schema(
        parameters=[OpenApiParameter("confirm", str, description="The account's label.")],
        responses=ACCEPTED,
    )
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the account and its messages. What was booked from them stays."""
        confirm = request.query_params.get("confirm", "")
        return accepted(connecting.delete_account(self._account(), confirm=confirm))

    @extend_schema(
        operation_id="connected_accounts_check_new",
        request=ConnectedAccountSerializer,
        responses=CheckedSerializer,
    )
    @action(detail=False, methods=["post"], url_path="check")
    def check_new(self, request: Request) -> Response:
        """Try a mailbox before it is saved."""
        body = self.get_serializer(data=request.data)
        body.is_valid(raise_exception=True)
        account = connecting.unsaved_account(mailbox_fields(body.validated_data))
        return self._checked(
            connecting.check_account(account, password=body.validated_data["password"])
        )

    @extend_schema(request=None, responses=CheckedSerializer)
    @action(detail=True, methods=["post"])
    def check(self, request: Request, pk: str) -> Response:
        """Try the mailbox as it is saved."""
        return self._checked(connecting.check_account(self._account()))

    @extend_schema(responses=FolderSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None)
    def folders(self, request: Request, pk: str) -> Response:
        """The folders that the mailbox has now, to choose from by changing “folders”."""
        return Response(
            FolderSerializer(connecting.folders_of(self._account()), many=True).data
        )  # fmt: skip

    @extend_schema(request=None, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def fetch(self, request: Request, pk: str) -> Response:
        """Read what is new, now."""
        return accepted(connecting.fetch_now(self._account()))

    @extend_schema(request=BackfillSerializer, responses=ACCEPTED)
    @action(detail=True, methods=["post"])
    def backfill(self, request: Request, pk: str) -> Response:
        """Read what came between two days, whatever has been read before."""
        body = BackfillSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        days = {name: day and day.isoformat() for name, day in body.validated_data.items()}
        return accepted(connecting.backfill(self._account(), **days))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Read nothing more until resumed."""
        return Response(self.get_serializer(connecting.pause(self._account())).data)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Read again, from where it was left."""
        return Response(self.get_serializer(connecting.resume(self._account())).data)

    def _account(self) -> ConnectedAccount:
        account: ConnectedAccount = self.get_object()
        return account

    @staticmethod
    def _checked(result: CheckResult) -> Response:
        return Response(CheckedSerializer(result).data)


class EmailViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    resource = "mail"
    queryset = Email.objects.all()
    serializer_class = EmailSerializer
    filterset_class = EmailFilter
    ordering = ("-received_at", "-id")
    lookup_value_converter = "uuid"

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return EmailSerializer if self.action == "list" else EmailDetailSerializer

    @extend_schema(responses={(200, "message/rfc822"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def raw(self, request: Request, pk: str) -> HttpResponse:
        """The message as it was received, to download."""
        email: Email = self.get_object()
        return HttpResponse(
            storage.load_raw(email),
            content_type="message/rfc822",
            headers={"Content-Disposition": f'attachment; filename="{email.pk}.eml"'},
        )

    @extend_schema(request=None, responses=EmailDetailSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Try again to read a quarantined message."""
        return Response(self.get_serializer(storage.reread(self.get_object())).data)


class MailImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, TenantViewSet):
    resource = "mail"
    queryset = MailImport.objects.select_related("account")
    serializer_class = MailImportSerializer
    ordering = ("-created_at", "-id")
    lookup_value_converter = "uuid"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={status.HTTP_202_ACCEPTED: MailImportSerializer},
    )
    def create(self, request: Request) -> Response:
        """Upload a file of messages. It is imported by the job that the answer names."""
        limit = settings.MAIL_UPLOAD_MAX_MB * 2**20
        if int(request.META.get("CONTENT_LENGTH") or 0) > limit + 2**20:
            raise MailFileError(upload_files.too_large(), code="file_too_large")
        body = UploadSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        mail_import = imports.import_upload(
            data["file"], is_own=data["is_own"], account_label=data["account"]
        )
        return Response(
            self.get_serializer(mail_import).data, status=status.HTTP_202_ACCEPTED
        )  # fmt: skip
