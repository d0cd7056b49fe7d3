"""Tasks and contacts as operators see them."""

from django.contrib import admin

from organizer.models import (
    CalendarFeed,
    CalendarImport,
    Contact,
    ContactImport,
    FollowedFact,
    Reminder,
    Task,
    TaskAttachment,
    TaskBatch,
    TaskPolicy,
)
from tenancy.admin import TenantAdmin


@admin.register(Task)
class TaskAdmin(TenantAdmin):
    list_display = ("title", "due_on", "priority", "state")
    list_filter = ("state", "priority")
    search_fields = ("title",)


@admin.register(Contact)
class ContactAdmin(TenantAdmin):
    """What is encrypted stays so."""

    list_display = ("name", "kind", "merged_into", "updated_at")
    list_filter = ("kind",)
    search_fields = ("name",)
    exclude = ("details", "kept", "merge_undo")
    list_select_related = ("tenant", "merged_into")


@admin.register(ContactImport)
class ContactImportAdmin(TenantAdmin):
    list_display = ("name", "state", "created_at")
    list_filter = ("state",)
    exclude = ("data",)


@admin.register(TaskAttachment)
class TaskAttachmentAdmin(TenantAdmin):
    list_display = ("name", "media_type", "size", "removed_at")
    exclude = ("data",)


@admin.register(TaskBatch)
class TaskBatchAdmin(TenantAdmin):
    list_display = ("title", "count", "created_at", "undone_at")


@admin.register(TaskPolicy)
class TaskPolicyAdmin(TenantAdmin):
    list_display = (
        "tenant",
        "from_bills",
        "from_endings",
        "from_refunds",
        "from_deadlines",
        "followed_until",
    )


@admin.register(FollowedFact)
class FollowedFactAdmin(TenantAdmin):
    list_display = ("kind", "fact_id")


@admin.register(CalendarImport)
class CalendarImportAdmin(TenantAdmin):
    list_display = ("name", "state", "created_at")
    list_filter = ("state",)
    exclude = ("data",)


@admin.register(CalendarFeed)
class CalendarFeedAdmin(TenantAdmin):
    list_display = ("name", "prefix", "last_used_at", "revoked_at")
    exclude = ("token_hash",)


@admin.register(Reminder)
class ReminderAdmin(TenantAdmin):
    list_display = ("title", "user", "next_at", "done_at")
    list_select_related = ("tenant", "user")
    search_fields = ("title",)
