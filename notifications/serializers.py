"""Notices and choices as the API shows them, in the reader's language."""

from __future__ import annotations

from typing import Any

from django.utils import translation
from rest_framework import serializers

from notifications.models import DeliverySettings, Frequency, Mailing, Notification
from notifications.sending import Line, described
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class NotificationSerializer(StrictModelSerializer):
    title = serializers.SerializerMethodField(help_text="In the reader's language.")
    text = serializers.SerializerMethodField()
    is_read = serializers.SerializerMethodField()
    due_at = serializers.DateTimeField(read_only=True, help_text="Told from then on; UTC.")

    class Meta:
        model = Notification
        fields = (
            "id", "kind", "key", "title", "text", "facts", "link", "due_at", "is_read", "read_at",
            "snoozed_until",
        )  # fmt: skip
        read_only_fields = fields

    def get_title(self, notice: Notification) -> str:
        return self._line(notice).title

    def get_text(self, notice: Notification) -> str:
        return self._line(notice).text

    def get_is_read(self, notice: Notification) -> bool:
        return notice.read_at is not None

    def _line(self, notice: Notification) -> Line:
        reader = self.context["request"].user
        with translation.override(reader.language):
            return described(notice, reader.language, reader.time_zone)


class UpcomingSerializer(NotificationSerializer):
    mail_at = serializers.SerializerMethodField(
        help_text="When an e-mail will hold it, as far as is known; UTC."
    )

    class Meta(NotificationSerializer.Meta):
        fields = (*NotificationSerializer.Meta.fields, "mail_at")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    def get_mail_at(self, notice: Notification) -> Any:
        return notice.mailing.send_at if notice.mailing else None


class SnoozeSerializer(StrictSerializer):
    until = serializers.DateTimeField(help_text="An instant within the coming year.")


class CountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class ChoiceSerializer(StrictSerializer):
    """One kind of notice, and how this person is told."""

    kind = serializers.CharField(read_only=True)
    name = serializers.CharField(source="about.name", read_only=True)
    email = serializers.ChoiceField(choices=Frequency.choices, required=False)
    in_app = serializers.BooleanField(required=False)
    is_urgent = serializers.BooleanField(
        source="about.is_urgent", read_only=True, help_text="Cannot be switched off."
    )
    is_default = serializers.BooleanField(read_only=True)


class DeliverySerializer(StrictModelSerializer):
    class Meta:
        model = DeliverySettings
        fields = (
            "quiet_from", "quiet_until", "digest_at", "digest_weekday", "muted_until",
            "bounced_at", "bounce",
        )  # fmt: skip
        read_only_fields = ("bounced_at", "bounce")


class MailingSerializer(StrictModelSerializer):
    class Meta:
        model = Mailing
        fields = ("id", "frequency", "send_at", "state", "attempts", "sent_at", "error")
        read_only_fields = fields
