"""How far each mailbox has come: for the page of connected accounts, and /api/v1/mail-progress."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from extraction.progress import mail_progress
from mail_ingest.models import ConnectedAccount
from tenancy.pages import page
from tenancy.viewsets import TenantViewSet


class MailProgressSerializer(serializers.Serializer[Any]):
    """Counts of messages: see `extraction.progress.MailProgress`."""

    account = serializers.UUIDField(source="account.pk")
    label = serializers.CharField(source="account.label")  # type: ignore[assignment]
    found = serializers.IntegerField(help_text="Fetched, and while it is read those to come.")
    fetched = serializers.IntegerField()
    financial = serializers.IntegerField(help_text="Those that are about money.")
    unread = serializers.IntegerField(help_text="Fetched, and not yet read for transactions.")
    booked = serializers.IntegerField(help_text="Messages that led to what is booked.")
    in_review = serializers.IntegerField(help_text="Messages with an open question.")
    oldest = serializers.DateTimeField(help_text="When the oldest of them came.", allow_null=True)
    is_running = serializers.BooleanField()


class MailProgressViewSet(mixins.ListModelMixin, TenantViewSet):
    """How far the mail of each connected account has come, newest account first."""

    resource = "mail"
    queryset = ConnectedAccount.objects.all()
    serializer_class = MailProgressSerializer
    ordering = ("-created_at", "-id")

    @extend_schema(responses=MailProgressSerializer(many=True))
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        shown = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        rows = MailProgressSerializer(mail_progress(shown), many=True).data
        return self.get_paginated_response(rows)


@require_safe
@page("mail:read")
def account_progress(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The figures of one account as a part of its card; asked for again while it is read."""
    account = get_object_or_404(ConnectedAccount, id=account_id)
    context = {"progress": mail_progress([account])[0]}
    return render(request, "extraction/_mail_progress.html", context)
