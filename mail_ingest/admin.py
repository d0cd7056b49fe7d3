"""The operators' view of mailboxes and messages. Secrets and bytes are not shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from mail_ingest.connecting import fetch_now, pause, resume
from mail_ingest.errors import MailError
from mail_ingest.models import ConnectedAccount, Email, MailImport, MailUpload, RawMessage
from mail_ingest.storage import reread
from tenancy.admin import TenantAdmin
from tenancy.scope import tenant_scope


class VerbAdmin(TenantAdmin):
    """Runs a verb for each selected row, in its own tenant's scope, and hides what `exclude`
    names."""

    def run_verb(self, request: HttpRequest, rows: QuerySet[Any], verb: Any, done: str) -> None:
        count = 0
        for row in rows:
            try:
                with tenant_scope(row.tenant_id):
                    verb(row)
                count += 1
            except MailError as error:
                self.message_user(request, f"{row}: {error}", messages.WARNING)
        self.message_user(request, f"{count} {done}.")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        # Django shows read-only fields even where `exclude` names them.
        hidden = self.exclude or ()
        return [name for name in super().get_readonly_fields(request, obj) if name not in hidden]


@admin.register(ConnectedAccount)
class ConnectedAccountAdmin(VerbAdmin):
    list_display = ("label", "kind", "host", "state", "is_own", "stored_count", "last_fetched_at")
    list_filter = ("kind", "state", "is_own")
    search_fields = ("label", "host", "username")
    exclude: ClassVar[Any] = ("secret",)
    actions = ("fetch_selected", "pause_selected", "resume_selected")

    @admin.action(description="Fetch new mail now")
    def fetch_selected(self, request: HttpRequest, rows: QuerySet[ConnectedAccount]) -> None:
        self.run_verb(request, rows, fetch_now, "enqueued")

    @admin.action(description="Pause")
    def pause_selected(self, request: HttpRequest, rows: QuerySet[ConnectedAccount]) -> None:
        self.run_verb(request, rows, pause, "paused")

    @admin.action(description="Resume")
    def resume_selected(self, request: HttpRequest, rows: QuerySet[ConnectedAccount]) -> None:
        self.run_verb(request, rows, resume, "resumed")


@admin.register(Email)
class EmailAdmin(VerbAdmin):
    list_display = ("subject", "from_address", "received_at", "state", "trust", "screening")
    list_filter = ("state", "trust", "screening", "is_truncated")
    search_fields = ("subject", "from_address", "message_id")
    list_select_related = ("tenant", "account")
    actions = ("reread_selected",)

    @admin.action(description="Read quarantined messages again")
    def reread_selected(self, request: HttpRequest, rows: QuerySet[Email]) -> None:
        self.run_verb(request, rows, reread, "read again")


@admin.register(MailImport)
class MailImportAdmin(TenantAdmin):
    list_display = ("name", "account", "size", "stored_count", "finished_at", "error")
    search_fields = ("name",)
    list_select_related = ("tenant", "account")


@admin.register(MailUpload)
class MailUploadAdmin(TenantAdmin):
    list_display = ("name", "size", "import_id", "created_at")
    search_fields = ("name",)


@admin.register(RawMessage)
class RawMessageAdmin(VerbAdmin):
    list_display = ("identity", "size", "created_at")
    search_fields = ("identity",)
    exclude: ClassVar[Any] = ("data",)
