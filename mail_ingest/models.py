"""Connected accounts, the messages stored from them, and imports of files."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from mail_ingest.screening import Screening
from mail_ingest.trust import Trust
from tenancy.models import TenantModel
from tenancy.wording_field import WordingField


class AccountKind(models.TextChoices):
    IMAP = "imap", _("IMAP mailbox")
    GMAIL = "gmail", _("Gmail")
    OUTLOOK = "outlook", _("Outlook or Microsoft 365")
    UPLOAD = "upload", _("Imported files")
    INBOUND = "inbound", _("Forwarded mail")


class AccountState(models.TextChoices):
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    NEEDS_ATTENTION = "needs_attention", _("Needs attention")
    RECONNECT = "reconnect_needed", _("Needs to be connected again")
    DELETING = "deleting", _("Being deleted")


class EmailState(models.TextChoices):
    STORED = "stored", _("Stored")
    QUARANTINED = "quarantined", _("Quarantined")
    COPY = "copy", _("Another copy")


class ConnectedAccount(TenantModel):
    """A mailbox, or a series of file imports, that a tenant has connected.

    `is_own` records that the tenant declared this source its own and complete: what is read from
    it may then book itself (see docs/architecture.md). Who said so, and when, is kept.
    """

    kind = models.CharField(max_length=16, choices=AccountKind)
    label = models.CharField(max_length=120)
    host = models.CharField(
        max_length=255, blank=True,
        help_text="Of IMAP. A mailbox that was connected by OAuth is read so where it has one.",
    )  # fmt: skip
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
        blank=True, editable=False,
        help_text="The password, or the tokens as JSON; encrypted (tenancy.encryption).",
    )  # fmt: skip
    subject = models.CharField(
        max_length=255, blank=True, editable=False,
        help_text="Who the mailbox is to its provider, whatever its address (OpenID Connect: sub).",
    )  # fmt: skip
    scopes = models.JSONField(
        default=list, blank=True, editable=False, help_text="What the person allowed."
    )
    token_expires_at = models.DateTimeField(
        null=True, blank=True, editable=False,
        help_text="When the access token runs out; it is renewed before, while the grant lasts.",
    )  # fmt: skip
    is_own = models.BooleanField(default=False)
    declared_own_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL,
        related_name="+",
    )  # fmt: skip
    declared_own_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=AccountState, default=AccountState.ACTIVE)
    last_error = WordingField(blank=True, help_text="In words for a person.")
    poll_minutes = models.PositiveIntegerField(default=15)
    next_fetch_at = models.DateTimeField(null=True, blank=True)
    last_fetched_at = models.DateTimeField(null=True, blank=True)
    cursor = models.JSONField(
        default=dict, blank=True, help_text="Per folder, how far it has been read."
    )
    quota_booked_until = models.DateTimeField(
        null=True, blank=True, editable=False,
        help_text="How far its provider's quota is booked, by all workers (mail_ingest.quota).",
    )  # fmt: skip
    is_watched = models.BooleanField(
        default=False, help_text="Let the server tell of new mail at once (IMAP IDLE)."
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
                fields=("tenant", "kind", "subject"),
                condition=~models.Q(subject=""),
                name="account_grant_once",
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

    @property
    def has_folders(self) -> bool:
        """Whether a person may choose which folders are read."""
        return bool(self.host) or self.kind == AccountKind.OUTLOOK


class OAuthAttempt(TenantModel):
    """Somebody is at a provider to allow access. One use, ten minutes, for the person and the
    browser session that began it."""

    kind = models.CharField(max_length=16, choices=AccountKind)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    account = models.ForeignKey(
        ConnectedAccount, null=True, blank=True, on_delete=models.CASCADE, related_name="+",
        help_text="The account to connect again, if it is one.",
    )  # fmt: skip
    state_hash = models.CharField(max_length=64, unique=True)
    session_hash = models.CharField(max_length=64)
    verifier = models.TextField(help_text="Of PKCE (RFC 7636), encrypted.")
    over_imap = models.BooleanField(default=False, help_text="To read it by IMAP (XOAUTH2).")
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class InboundAddress(TenantModel):
    """A private address to which mail is forwarded. A ledger has one at a time."""

    account = models.ForeignKey(ConnectedAccount, on_delete=models.CASCADE, related_name="+")
    token = models.CharField(max_length=40, unique=True, help_text="What stands before the @.")
    secret = models.TextField(help_text="Of signed web requests, encrypted.", editable=False)
    created_at = models.DateTimeField(db_default=Now())
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("tenant",), condition=models.Q(revoked_at=None), name="inbound_one_open"
            ),
        )

    def __str__(self) -> str:
        return self.token


class RawMessage(TenantModel):
    """The bytes of a message as they were first received, once per tenant, whatever accounts and
    files it came from (see mail_ingest.identity). `data` is zlib-compressed; of an oversized
    message it is the head."""

    identity = models.CharField(
        max_length=64, help_text="The same for the same message, however it came."
    )
    size = models.PositiveIntegerField(help_text="Bytes before compression.")
    data = models.BinaryField()
    is_headers_only = models.BooleanField(
        default=False, help_text="What followed the headers was not kept, or has been forgotten."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "identity"), name="raw_message_once"),
        )

    def __str__(self) -> str:
        return self.identity[:12]


class MailPolicy(TenantModel):
    """How much of its mail a tenant keeps. Without a row: the headers of what is not about money,
    all of the rest, for ever."""

    keeps_unfinancial = models.BooleanField(
        default=False, help_text="Keep messages that are not about money whole."
    )
    keep_days = models.PositiveIntegerField(
        null=True, blank=True,
        help_text="Then only the headers of a message stay; empty for ever. What a booked"
        " transaction was read from stays whole.",
    )  # fmt: skip
    forgets_evidence = models.BooleanField(
        default=False, help_text="Also what booked transactions were read from."
    )

    class Meta(TenantModel.Meta):
        constraints = (models.UniqueConstraint(fields=("tenant",), name="mail_policy_once"),)

    def __str__(self) -> str:
        return f"keeps {self.keep_days or 'all'} days"


class RuleAction(models.TextChoices):
    INCLUDE = "include", _("Read")
    EXCLUDE = "exclude", _("Leave out")


class MailRule(TenantModel):
    """What a tenant says of its mail, before our own screening: the first rule that fits decides.
    An empty condition fits everything; texts are compared without case."""

    position = models.PositiveIntegerField(default=0, help_text="Lower comes first.")
    action = models.CharField(max_length=8, choices=RuleAction)
    sender = models.CharField(
        max_length=320, blank=True, help_text="An address, or a domain with those below it."
    )
    subject = models.CharField(max_length=200, blank=True, help_text="A part of the subject.")
    folder = models.CharField(max_length=255, blank=True, help_text="The whole name of a folder.")
    is_enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("position", "id")
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(sender="", subject="", folder=""), name="mail_rule_says_what"
            ),
        )
        indexes = (models.Index(fields=("tenant", "position", "id"), name="mail_rule_order"),)

    def __str__(self) -> str:
        said = ", ".join(filter(None, (self.sender, self.subject, self.folder)))
        return f"{self.get_action_display()}: {said}"


TRUST_LABELS: Final = (
    (Trust.VERIFIED.value, _("Verified")),
    (Trust.UNVERIFIED.value, _("Unverified")),
    (Trust.FAILING.value, _("Failing")),
)
SCREENING_LABELS: Final = (
    (Screening.POSSIBLE.value, _("Possible")),
    (Screening.UNLIKELY.value, _("Unlikely")),
)


class Email(TenantModel):
    """One message of a connected account.

    `ref` is the provider's name for it (IMAP: folder:uidvalidity:uid). The same message is stored
    once per account, whatever refs it appears under, so that a changed UIDVALIDITY or a second
    import adds nothing. One that another account has brought before is a copy: it is shown, and
    nothing is read from it.
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
    problem = WordingField(blank=True, help_text="Why it is quarantined or cut.")
    trust = models.CharField(max_length=16, choices=TRUST_LABELS, default=Trust.UNVERIFIED)
    trust_reason = WordingField(blank=True)
    screening = models.CharField(
        max_length=16, choices=SCREENING_LABELS, default=Screening.POSSIBLE
    )
    screening_reason = WordingField(blank=True)
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


class MailUpload(TenantModel):
    """A file that is being sent in pieces. How much of it is there is the size of its file
    (mail_ingest.uploading); once it is whole, `import_id` names its import."""

    name = models.CharField(max_length=255, help_text="As the person knows it.")
    size = models.PositiveBigIntegerField(help_text="Bytes of the whole file.")
    is_own = models.BooleanField(
        default=False, help_text="You declare that this archive is your own and complete."
    )
    account_label = models.CharField(max_length=120, blank=True)
    import_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())

    class Meta(TenantModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = (models.Index(fields=("tenant", "-created_at", "-id"), name="upload_newest"),)

    def __str__(self) -> str:
        return self.name


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
    error = WordingField(blank=True, help_text="In words for a person.")
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
