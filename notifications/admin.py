"""The operators' view of notices and mails."""

from __future__ import annotations

from django.contrib import admin

from notifications.models import Mailing, Notification, Push, PushDevice
from tenancy.admin import TenantAdmin


@admin.register(Notification)
class NotificationAdmin(TenantAdmin):
    list_display = ("kind", "user", "due_at", "planned_at", "read_at", "cancelled_at")
    list_filter = ("kind",)
    search_fields = ("user__email", "key")
    ordering = ("-due_at", "-id")
    list_select_related = ("user",)


@admin.register(Mailing)
class MailingAdmin(TenantAdmin):
    list_display = ("user", "frequency", "send_at", "state", "attempts", "sent_at", "error")
    list_filter = ("state", "frequency")
    search_fields = ("user__email", "error")
    ordering = ("-send_at", "-id")
    list_select_related = ("user",)


@admin.register(PushDevice)
class PushDeviceAdmin(TenantAdmin):
    """Without the address and the keys, which would let somebody else write to the device."""

    list_display = ("user", "user_agent", "created_at", "last_success_at", "problem")
    search_fields = ("user__email", "user_agent")
    ordering = ("-created_at", "-id")
    list_select_related = ("user",)
    exclude = ("endpoint", "keys", "endpoint_hash")


@admin.register(Push)
class PushAdmin(TenantAdmin):
    list_display = ("user", "send_at", "state", "sent_at", "retry_at")
    list_filter = ("state",)
    search_fields = ("user__email",)
    ordering = ("-send_at", "-id")
    list_select_related = ("user",)
