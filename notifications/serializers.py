"""Notices and choices as the API shows them, in the reader's language."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import translation
from rest_framework import serializers

from notifications.composing import Line, described
from notifications.models import DeliverySettings, Frequency, Mailing, Notification
from notifications.previewing import ComingMail
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


class ComingNoticeSerializer(serializers.Serializer[Any]):
    """One notice that will be told."""

    notice = NotificationSerializer()
    tell_at = serializers.DateTimeField(help_text="The next time that it is told; UTC.")
    mail_at = serializers.DateTimeField(
        allow_null=True, help_text="When an e-mail will hold it; UTC; null for none."
    )
    push_at = serializers.DateTimeField(
        allow_null=True, help_text="When one's devices will be told; UTC; null for never."
    )


class ComingMailSerializer(serializers.Serializer[Any]):
    """One e-mail that will be sent, as it would be written now."""

    frequency = serializers.ChoiceField(choices=Frequency.choices, source="mailing.frequency")
    send_at = serializers.DateTimeField(source="mailing.send_at", help_text="UTC.")
    subject = serializers.CharField(source="letter.subject")
    text = serializers.CharField(source="letter.text")
    notices = serializers.SerializerMethodField(help_text="The ids of the notices it holds.")

    def get_notices(self, mail: ComingMail) -> list[uuid.UUID]:
        return [notice.id for notice in mail.letter.notices]


class NoticePreviewSerializer(serializers.Serializer[Any]):
    mails = ComingMailSerializer(many=True)
    notices = ComingNoticeSerializer(many=True)


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
    push = serializers.BooleanField(required=False, help_text="On the devices that one has added.")
    is_urgent = serializers.BooleanField(
        source="about.is_urgent", read_only=True, help_text="Cannot be switched off."
    )
    is_default = serializers.BooleanField(read_only=True)


class DeliverySerializer(StrictModelSerializer):
    class Meta:
        model = DeliverySettings
        fields = (
            "quiet_from", "quiet_until", "digest_at", "digest_weekday", "muted_until",
            "push_amounts", "bounced_at", "bounce",
        )  # fmt: skip
        read_only_fields = ("bounced_at", "bounce")


class MailingSerializer(StrictModelSerializer):
    class Meta:
        model = Mailing
        fields = ("id", "frequency", "send_at", "state", "attempts", "sent_at", "error")
        read_only_fields = fields
