"""Connected accounts, the messages stored from them, and imports of files."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from mail_ingest.screening import Screening
from mail_ingest.trust import Trust
from tenancy.models import TenantModel


class AccountKind(models.TextChoices):
    IMAP = "imap", "IMAP mailbox"
    UPLOAD = "upload", "Imported files"


class AccountState(models.TextChoices):
    ACTIVE = "active", "Active"
    PAUSED = "paused", "Paused"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    DELETING = "deleting", "Being deleted"


class EmailState(models.TextChoices):
    STORED = "stored", "Stored"
    QUARANTINED = "quarantined", "Quarantined"


class ConnectedAccount(TenantModel):
    """A mailbox, or a series of file imports, that a tenant has connected.

    `is_own` records that the tenant declared this source its own and complete: what is read from
    it may then book itself (see docs/architecture.md). Who said so, and when, is kept.
    """

    kind = models.CharField(max_length=16, choices=AccountKind)
    label = models.CharField(max_length=120)
    host = models.CharField(max_length=255, blank=True)
    port = models.PositiveIntegerField(null=True, blank=True)
    username = models.CharField(max_length=254, blank=True)
    folders = models.JSONField(default=list, blank=True, help_text="Names of the folders to read.")
    ca_certificate = models.TextField(
        blank=True, help_text="PEM of the authority that signed an own server's certificate."
    )
    authserv_id = models.CharField(
        max_length=255, blank=True,
        help_text="The name under which the mail server notes its checks of senders"
        " (Authentication-Results). Without it every sender is unverified.",
    )  # fmt: skip
    secret = models.TextField(
        blank=True, editable=False, help_text="The password, encrypted (tenancy.encryption)."
    )
    is_own = models.BooleanField(default=False)
    declared_own_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    declared_own_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=AccountState, default=AccountState.ACTIVE)
    last_error = models.TextField(blank=True, help_text="In words for a person.")
    poll_minutes = models.PositiveIntegerField(default=15)
    next_fetch_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)
    cursor = models.JSONField(
        default=dict, blank=True, help_text="Per folder, how far it has been read."
    )
    stored_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    quarantined_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "host", "username"),
                condition=models.Q(kind=AccountKind.IMAP),
                name="account_mailbox_once",
            ),
            models.UniqueConstraint(
                fields=("tenant", "label"),
                condition=models.Q(kind=AccountKind.UPLOAD),
                name="account_upload_label",
            ),
        )
        indexes = (
            models.Index(fields=("tenant", "-created_at", "-id"), name="account_newest"),
            models.Index(
                fields=("next_fetch_at",),
                condition=models.Q(state=AccountState.ACTIVE),
                name="account_due",
            ),
        )

    def __str__(self) -> str:
        return self.label


class RawMessage(TenantModel):
    """The bytes of a message as they were received, once per tenant, whatever accounts they came
    from. `data` is zlib-compressed; of an oversized message it is the head."""

    sha256 = models.CharField(max_length=64, help_text="Of the bytes before compression.")
    size = models.PositiveIntegerField(help_text="Bytes before compression.")
    data = models.BinaryField()
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "sha256"), name="raw_message_once"),
        )

    def __str__(self) -> str:
        return self.sha256[:12]


class Email(TenantModel):
    """One message of a connected account.

    `ref` is the provider's name for it (IMAP: folder:uidvalidity:uid). The same bytes are stored
    once per account, whatever refs they appear under, so that a changed UIDVALIDITY or a second
    import adds nothing.
    """

    account = models.ForeignKey(ConnectedAccount, on_delete=models.CASCADE, related_name="emails")
    raw = models.ForeignKey(RawMessage, on_delete=models.PROTECT, related_name="emails")
    ref = models.CharField(max_length=400)
    folder = models.CharField(max_length=255, blank=True)
    message_id = models.CharField(max_length=998, blank=True)
    from_address = models.CharField(max_length=320, blank=True)
    from_name = models.CharField(max_length=255, blank=True)
    subject = models.TextField(blank=True)
    snippet = models.CharField(max_length=240, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="The Date header.")
    received_at = models.DateTimeField(help_text="When the server took it, else the Date header.")
    size = models.PositiveBigIntegerField(help_text="Bytes on the server.")
    is_truncated = models.BooleanField(default=False, help_text="Only its head is kept.")
    state = models.CharField(max_length=16, choices=EmailState, default=EmailState.STORED)
    problem = models.TextField(blank=True, help_text="Why it is quarantined or cut.")
    trust = models.CharField(
        max_length=16, choices=[(t.value, t.label) for t in Trust], default=Trust.UNVERIFIED
    )
    trust_reason = models.CharField(max_length=300, blank=True)
    screening = models.CharField(
        max_length=16, choices=[(s.value, s.label) for s in Screening], default=Screening.POSSIBLE
    )
    screening_reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-received_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=("tenant", "account", "ref"), name="email_ref_once"),
            models.UniqueConstraint(fields=("tenant", "account", "raw"), name="email_raw_once"),
        )
        indexes = (
            models.Index(fields=("tenant", "-received_at", "-id"), name="email_newest"),
            models.Index(
                fields=("tenant", "account", "-received_at", "-id"), name="email_account_newest"
            ),
            models.Index(
                fields=("tenant", "screening", "-received_at", "-id"),
                condition=models.Q(state=EmailState.STORED),
                name="email_to_read",
            ),
        )

    def __str__(self) -> str:
        return self.subject or "(no subject)"


class MailImport(TenantModel):
    """One file, or folder, of messages to read into an upload account.

    Uploads lie under DATA_DIR/uploads by a random name until they are read; a path that an
    operator named on the command line is left alone. `cursor` is the provider's: a run that was cut
    off goes on there.
    """

    account = models.ForeignKey(ConnectedAccount, on_delete=models.CASCADE, related_name="imports")
    name = models.CharField(max_length=255, help_text="As the person knows it.")
    path = models.TextField(editable=False)
    is_temporary = models.BooleanField(
        default=True, help_text="The file is ours: remove it when read."
    )
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    cursor = models.JSONField(default=dict, blank=True, editable=False)
    stored_count = models.PositiveIntegerField(default=0)
    duplicate_count = models.PositiveIntegerField(default=0)
    quarantined_count = models.PositiveIntegerField(default=0)
    job_id = models.UUIDField(null=True, blank=True, editable=False)
    error = models.TextField(blank=True, help_text="In words for a person.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="import_newest"),)

    def __str__(self) -> str:
        return self.name
