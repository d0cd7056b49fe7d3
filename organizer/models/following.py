"""Which facts of the ledger become tasks, and which have."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenancy.models import TenantModel


class TaskPolicy(TenantModel):
    """What a tenant wants tasks made of. There is one, or none: then the defaults hold."""

    from_bills = models.BooleanField(_("Bills with a due date"), default=True)
    from_endings = models.BooleanField(
        _("Trials that end and subscriptions that renew"), default=True
    )
    from_refunds = models.BooleanField(_("Promised refunds"), default=True)
    from_deadlines = models.BooleanField(_("Return windows and warranties"), default=True)
    followed_until = models.DateTimeField(
        null=True, editable=False, help_text="Changes of the ledger until then have been looked at."
    )

    class Meta(TenantModel.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant",), name="task_policy_once"),)
        verbose_name_plural = "task policies"

    def __str__(self) -> str:
        return "Task policy"


class FollowedFact(TenantModel):
    """A bill or an announcement that has been made a task of. It stays when the task is removed,
    so that none is made again."""

    kind = models.CharField(max_length=12)
    fact_id = models.UUIDField()

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "kind", "fact_id"), name="fact_followed_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.fact_id}"
