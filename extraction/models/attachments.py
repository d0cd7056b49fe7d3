"""What attached files say."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from mail_ingest.models import Email
from tenancy.models import TenantModel


class AttachmentText(TenantModel):
    """The text of one attached file, kept because reading it again is slow. Part of the message's
    document, after its body."""

    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="attachment_texts")
    position = models.PositiveSmallIntegerField(help_text="Among the message's attachments.")
    filename = models.CharField(max_length=255, blank=True)
    text = models.TextField(blank=True, help_text="Empty: the file has no text, or is locked.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("email", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "email", "position"), name="attachment_text_once"
            ),
        )

    def __str__(self) -> str:
        return self.filename or f"attachment {self.position}"
