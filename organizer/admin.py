"""Tasks as operators see them."""

from django.contrib import admin

from organizer.models import Task
from tenancy.admin import TenantAdmin


@admin.register(Task)
class TaskAdmin(TenantAdmin):
    list_display = ("title", "due_on", "priority", "state")
    list_filter = ("state", "priority")
    search_fields = ("title",)
