"""Connected accounts, messages and imports as the API shows them. Secrets only go in."""

from __future__ import annotations

import re
import ssl
from typing import Any

from rest_framework import serializers

from mail_ingest.html_text import html_to_text
from mail_ingest.models import (
    AccountKind,
    ConnectedAccount,
    Email,
    EmailState,
    MailImport,
    MailUpload,
)
from mail_ingest.parsing import ParsedEmail, UnparsableMessage, parse_message
from mail_ingest.presets import preset_for
from mail_ingest.storage import load_raw
from mail_ingest.upload_files import received_bytes
from tenancy.serializers import StrictModelSerializer, StrictSerializer

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f]")


def one_line(text: str) -> None:
    """A line break in what is sent to a mail server could become a command of its own."""
    if CONTROL_CHARACTERS.search(text):
        raise serializers.ValidationError("This must not have control characters.", "invalid")


def host_name(text: str) -> None:
    if not re.fullmatch(r"[^\s/@\x00-\x1f\x7f]{1,255}", text.strip()):
        raise serializers.ValidationError("Give a host name, such as imap.example.org.", "invalid")


def pem(text: str) -> None:
    if not text:
        return
    try:
        ssl.create_default_context(cadata=text)
    except (ssl.SSLError, ValueError, TypeError) as error:
        raise serializers.ValidationError("This is not a PEM certificate.", "invalid") from error


class ConnectedAccountSerializer(StrictModelSerializer):
    """A mailbox, or imported files; only IMAP mailboxes are made here."""

    host = serializers.CharField(
        max_length=255, validators=[host_name], required=False,
        help_text="Left out for the great providers, whose address tells it.",
    )  # fmt: skip
    port = serializers.IntegerField(min_value=1, max_value=65535, default=993)
    username = serializers.CharField(max_length=254, validators=[one_line])
    password = serializers.CharField(
        max_length=1024, write_only=True, trim_whitespace=False, validators=[one_line]
    )
    label = serializers.CharField(  # type: ignore[assignment] # hides Field.label, harmlessly
        max_length=120, required=False, validators=[one_line]
    )
    folders = serializers.ListField(
        child=serializers.CharField(max_length=255, validators=[one_line]),
        required=False, max_length=50,
        help_text="None are the usual ones: the inbox and the archive, or the folder of all mail.",
    )  # fmt: skip
    ca_certificate = serializers.CharField(
        required=False, allow_blank=True, max_length=65536, validators=[pem],
        help_text="PEM of the authority that signed an own server's certificate.",
    )  # fmt: skip
    poll_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)
    is_watched = serializers.BooleanField(
        required=False, help_text="Let the server tell of new mail at once (IMAP IDLE)."
    )
    is_own = serializers.BooleanField(
        required=False, help_text="You declare that this source is your own and complete."
    )

    class Meta:
        model = ConnectedAccount
        fields = (
            "id", "kind", "label", "host", "port", "username", "password", "folders",
            "ca_certificate", "authserv_id", "is_own", "declared_own_at", "state", "last_error",
            "poll_minutes", "is_watched", "next_fetch_at", "last_fetched_at", "stored_count",
            "duplicate_count", "quarantined_count", "scopes", "token_expires_at", "created_at",
        )  # fmt: skip
        read_only_fields = (
            "id", "kind", "scopes", "token_expires_at", "declared_own_at", "state", "last_error",
            "next_fetch_at", "last_fetched_at", "stored_count", "duplicate_count",
            "quarantined_count", "created_at",
        )  # fmt: skip

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if self.instance is None and not attrs.get("host"):
            preset = preset_for(attrs.get("username", ""))
            if preset is None:
                message = "This provider is not known: name its IMAP server."
                raise serializers.ValidationError({"host": message}, code="required")
            attrs["host"] = preset.host
        return attrs


class BackfillSerializer(StrictSerializer):
    """Both dates are included; without one there is no bound."""

    since = serializers.DateField(required=False, allow_null=True, default=None)
    until = serializers.DateField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["since"] and attrs["until"] and attrs["since"] > attrs["until"]:
            raise serializers.ValidationError({"since": "This is after “until”."}, "invalid")
        return attrs


class FolderSerializer(serializers.Serializer[Any]):
    """A folder of a mailbox."""

    name = serializers.CharField(help_text="What “folders” of an account takes.")
    label = serializers.CharField(  # type: ignore[assignment] # hides Field.label, harmlessly
        help_text="What a person reads."
    )
    role = serializers.CharField(
        help_text="What the server says that it is for: inbox, all, archive, sent, drafts, junk,"
        " trash, flagged or nothing."
    )
    is_usual = serializers.BooleanField(help_text="Read where no folders are chosen.")


class CheckedSerializer(serializers.Serializer[Any]):
    folders = serializers.DictField(
        child=serializers.IntegerField(), help_text="Messages in each folder that will be read."
    )
    available = FolderSerializer(many=True, help_text="All folders, to choose from.")


class AcceptedSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField(help_text="Follow it at /api/v1/jobs/{job_id}.")


class EmailSerializer(StrictModelSerializer):
    account_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = Email
        fields = (
            "id", "account_id", "folder", "message_id", "from_address", "from_name", "subject",
            "snippet", "sent_at", "received_at", "size", "is_truncated", "state", "problem",
            "trust", "trust_reason", "screening", "screening_reason", "created_at",
        )  # fmt: skip
        read_only_fields = fields


class AttachmentSerializer(serializers.Serializer[Any]):
    filename = serializers.CharField()
    content_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes, as transferred.")


class EmailDetailSerializer(EmailSerializer):
    """With what the message says, read again from its bytes."""

    to = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField(
        help_text="What a person reads: the plain text, or the text of the HTML."
    )
    attachments = serializers.SerializerMethodField()

    class Meta(EmailSerializer.Meta):
        fields = (  # type: ignore[assignment] # longer than the parent's
            *EmailSerializer.Meta.fields, "to", "text", "attachments",
        )  # fmt: skip
        read_only_fields = fields  # type: ignore[assignment]

    def get_to(self, email: Email) -> list[str]:
        parsed = self._parsed(email)
        return list(parsed.to) if parsed else []

    def get_text(self, email: Email) -> str:
        parsed = self._parsed(email)
        if parsed is None:
            return ""
        return parsed.text if parsed.text.strip() else html_to_text(parsed.html)

    def get_attachments(self, email: Email) -> list[dict[str, Any]]:
        parsed = self._parsed(email)
        return [dict(AttachmentSerializer(a).data) for a in parsed.attachments] if parsed else []

    def _parsed(self, email: Email) -> ParsedEmail | None:
        if email.state == EmailState.QUARANTINED:
            return None
        if not hasattr(self, "_message"):
            try:
                self._message: ParsedEmail | None = parse_message(load_raw(email))
            except UnparsableMessage:
                self._message = None
        return self._message


class MailImportSerializer(StrictModelSerializer):
    account_id = serializers.UUIDField(read_only=True)
    is_own = serializers.BooleanField(source="account.is_own", read_only=True)

    class Meta:
        model = MailImport
        fields = (
            "id", "account_id", "is_own", "name", "size", "stored_count", "duplicate_count",
            "quarantined_count", "job_id", "error", "created_at", "finished_at",
        )  # fmt: skip
        read_only_fields = fields


class MailUploadSerializer(StrictModelSerializer):
    account = serializers.CharField(
        source="account_label", required=False, default="", allow_blank=True, max_length=120,
        validators=[one_line], help_text="Label of the account to fill; made when there is none.",
    )  # fmt: skip
    offset = serializers.SerializerMethodField(help_text="How many bytes are there.")

    class Meta:
        model = MailUpload
        fields = ("id", "name", "size", "is_own", "account", "offset", "import_id", "created_at")
        read_only_fields = ("id", "import_id", "created_at")
        extra_kwargs = {"name": {"validators": [one_line]}, "size": {"min_value": 1}}

    def get_offset(self, upload: MailUpload) -> int:
        return received_bytes(upload)


class UploadSerializer(StrictSerializer):
    """multipart/form-data."""

    file = serializers.FileField(help_text="mbox, .eml, or a zip or tar.gz archive of those.")
    is_own = serializers.BooleanField(
        default=False, help_text="You declare that this archive is your own and complete."
    )
    account = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=120, validators=[one_line],
        help_text="Label of the account to fill; made when there is none.",
    )  # fmt: skip


def mailbox_fields(data: dict[str, Any]) -> dict[str, Any]:
    """What a validated body says of the mailbox itself."""
    return {name: value for name, value in data.items() if name not in {"password", "is_own"}}


def writable_for(kind: str) -> frozenset[str]:
    """The fields of a body that an account of this kind takes in a change."""
    if kind in (AccountKind.UPLOAD, AccountKind.INBOUND):
        return frozenset({"label", "is_own"})
    if kind != AccountKind.IMAP:
        return frozenset({"label", "is_own", "poll_minutes", "folders", "is_watched"})
    return frozenset(ConnectedAccountSerializer.Meta.fields)
