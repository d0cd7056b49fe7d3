"""Files that were uploaded and wait for somebody to look at them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel


class ImportState(models.TextChoices):
    READY = "ready", _("To be looked at")
    APPLIED = "applied", _("Taken over")


class FileImport(TenantModel):
    """A file and what came of it. The file itself is kept, encrypted, until it is applied."""

    name = models.CharField(max_length=200)
    state = models.CharField(max_length=7, choices=ImportState, default=ImportState.READY)
    data = models.TextField(blank=True, help_text="Encrypted base64.")
    result = models.JSONField(default=dict, blank=True, help_text="How many were new, joined …")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        abstract = True
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name


class ContactImport(FileImport):
    """vCards or a table of contacts."""

    class Meta(FileImport.Meta):
        abstract = False
        indexes = (models.Index(fields=("tenant", "-created_at"), name="contact_import_newest"),)


class CalendarImport(FileImport):
    """A calendar file of another program."""

    class Meta(FileImport.Meta):
        abstract = False
        indexes = (models.Index(fields=("tenant", "-created_at"), name="calendar_import_newest"),)


class ImportedEntry(TenantModel):
    """An entry of a calendar file that was taken over, so that it is not taken again."""

    key = models.CharField(max_length=64, help_text="SHA-256 of its UID, or of all that it says.")
    made_id = models.UUIDField(help_text="The task or the reminder that it became.")

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "key"), name="calendar_entry_once"),
        )
        verbose_name_plural = "imported entries"

    def __str__(self) -> str:
        return self.key
