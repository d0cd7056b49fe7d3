"""What a person wants to be told, and when."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.mailings import Frequency
from tenancy.models import TenantModel


class DeliverySettings(TenantModel):
    """One person's hours in one tenant. Times are local to the person's own zone. A person without
    a row has the defaults."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField(default=time(8))
    digest_weekday = models.PositiveSmallIntegerField(
        default=0,
        validators=[MaxValueValidator(6)],
        help_text="Of the weekly digest: 0 is Monday.",
    )
    muted_until = models.DateTimeField(
        null=True, blank=True, help_text="Until then no e-mails but urgent ones."
    )
    push_amounts = models.BooleanField(
        default=False, help_text="Whether notices on devices say amounts."
    )
    bounced_at = models.DateTimeField(
        null=True, blank=True, help_text="The address refused a mail: none are sent any more."
    )
    bounce = models.TextField(blank=True, help_text="What the mail server said.")

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "user"), name="delivery_settings_once"),
            models.CheckConstraint(
                condition=models.Q(quiet_from=None, quiet_until=None)
                | models.Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="delivery_settings_quiet_both",
                violation_error_message=_("Give both ends of the quiet hours."),
            ),
        )

    def __str__(self) -> str:
        return f"Delivery to {self.user_id}"


class Preference(TenantModel):
    """Where a person departs from a kind's defaults."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=60)
    email = models.CharField(max_length=8, choices=Frequency)
    in_app = models.BooleanField(default=True)
    push = models.BooleanField(null=True, help_text="On one's devices; null: as the kind has it.")

    class Meta(TenantModel.Meta):
        ordering = ("kind",)
        constraints = (
            models.UniqueConstraint(fields=("tenant", "user", "kind"), name="preference_once"),
        )

    def __str__(self) -> str:
        return f"{self.kind}: {self.email}"
