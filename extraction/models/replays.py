"""Reading stored mail again with today's rules: what would be different, until somebody decides."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mail_ingest.models import Email
from tenancy.models import TenantModel


class Replay(TenantModel):
    """One run over stored messages. It changes nothing in the ledger: it leaves differences."""

    sender = models.CharField(max_length=254, blank=True, help_text="Only this address's messages.")
    since = models.DateField(null=True, blank=True, help_text="Received on or after, in UTC.")
    until = models.DateField(null=True, blank=True, help_text="Received on or before, in UTC.")
    email = models.ForeignKey(
        Email, null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        help_text="This message alone.",
    )  # fmt: skip
    read = models.PositiveIntegerField(default=0, help_text="Messages read again so far.")
    reader_version = models.PositiveIntegerField(help_text="Version of the rules that read them.")
    finished_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="replay_newest"),)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.sender}".strip()


class DifferenceKind(models.TextChoices):
    """What accepting a difference does."""

    NEW = "new", _("Not in the ledger yet")
    BOOKABLE = "bookable", _("Needs no question any more")
    CHANGED = "changed", _("Read differently")
    GONE = "gone", _("Not a transaction any more")
    NEW_BILL = "new_bill", _("A bill that is not known yet")
    CHANGED_BILL = "changed_bill", _("A bill that is read differently")
    GONE_BILL = "gone_bill", _("Not a bill any more")


class DifferenceState(models.TextChoices):
    OPEN = "open", _("Open")
    ACCEPTED = "accepted", _("Accepted")
    DISMISSED = "dismissed", _("Left as it is")
    # Meanwhile the ledger has changed, or will not have it.
    REFUSED = "refused", _("Could not be applied")


class ReplayDifference(TenantModel):
    """One event or bill of one message that today's rules read differently from what the ledger
    has.

    `changes` maps a field to `{old, new}`, both as text for a person, null for nothing. What a
    person has set is never among them. `group` joins the differences of one sender that have the
    same kind and the same fields.
    """

    replay = models.ForeignKey(Replay, on_delete=models.CASCADE, related_name="differences")
    email = models.ForeignKey(Email, on_delete=models.CASCADE, related_name="+")
    item = models.PositiveIntegerField(default=0, help_text="Which event of the message.")
    kind = models.CharField(max_length=12, choices=DifferenceKind)
    sender = models.CharField(max_length=254)
    group = models.CharField(max_length=400)
    changes = models.JSONField(default=dict)
    transaction_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(max_length=9, choices=DifferenceState, default=DifferenceState.OPEN)
    note = models.CharField(max_length=300, blank=True, help_text="Why it could not be applied.")

    class Meta(TenantModel.Meta):
        ordering = ("group", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "replay", "email", "item", "kind"), name="difference_once"
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "replay", "group", "id"), name="difference_of_group"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {', '.join(self.changes)}"
