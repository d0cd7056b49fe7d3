"""Tasks and contacts as operators see them."""

from django.contrib import admin

from organizer.models import Contact, ContactImport, Task
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
