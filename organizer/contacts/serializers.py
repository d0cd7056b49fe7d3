"""Contacts as the API gives and takes them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from finance.merchants.serializers import SpentShape
from organizer.contacts.importing import Line
from organizer.contacts.reading import Shown
from organizer.models import ContactImport, ContactKind, ContactRelation, RelationKind
from tenancy.serializers import StrictModelSerializer, StrictSerializer


class EntrySerializer(StrictSerializer):
    """`types` are vCard's: home, work, cell, fax …; `label` is a word of your own."""

    value = serializers.CharField(max_length=500)
    types = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=10, default=list
    )
    label = serializers.CharField(max_length=80, allow_blank=True, default="")  # type: ignore[assignment]
    is_preferred = serializers.BooleanField(default=False)


class PostalAddressSerializer(StrictSerializer):
    po_box = serializers.CharField(max_length=500, allow_blank=True, default="")
    extended = serializers.CharField(max_length=500, allow_blank=True, default="")
    street = serializers.CharField(max_length=500, allow_blank=True, default="")
    locality = serializers.CharField(max_length=500, allow_blank=True, default="")
    region = serializers.CharField(max_length=500, allow_blank=True, default="")
    postcode = serializers.CharField(max_length=500, allow_blank=True, default="")
    country = serializers.CharField(max_length=500, allow_blank=True, default="")
    types = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=10, default=list
    )
    label = serializers.CharField(max_length=80, allow_blank=True, default="")  # type: ignore[assignment]
    is_preferred = serializers.BooleanField(default=False)


class NameSerializer(StrictSerializer):
    family = serializers.CharField(max_length=200, allow_blank=True, default="")
    given = serializers.CharField(max_length=200, allow_blank=True, default="")
    additional = serializers.CharField(max_length=200, allow_blank=True, default="")
    prefixes = serializers.CharField(max_length=200, allow_blank=True, default="")
    suffixes = serializers.CharField(max_length=200, allow_blank=True, default="")


class ContactMerchantShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()


class ContactInput(StrictSerializer):
    kind = serializers.ChoiceField(choices=ContactKind.choices, required=False)
    name = serializers.CharField(
        max_length=200, required=False, allow_blank=True,
        help_text="Made of the parts, the organisation or the first address if it is blank.",
    )  # fmt: skip
    parts = NameSerializer(required=False)
    nickname = serializers.CharField(max_length=200, required=False, allow_blank=True)
    organisation = serializers.CharField(max_length=200, required=False, allow_blank=True)
    units = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=10, required=False
    )
    job_title = serializers.CharField(max_length=200, required=False, allow_blank=True)
    emails = EntrySerializer(many=True, required=False)
    phones = EntrySerializer(many=True, required=False)
    urls = EntrySerializer(many=True, required=False)
    addresses = PostalAddressSerializer(many=True, required=False)
    birthday = serializers.CharField(
        max_length=10, required=False, allow_blank=True, help_text="1980-01-31, or --0131."
    )
    notes = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=50, required=False
    )
    interacted_on = serializers.DateField(required=False, allow_null=True)


class ContactSerializer(serializers.Serializer[Any]):
    """A contact, and what the ledger has of its merchants, for who may see transactions."""

    id = serializers.UUIDField(source="row.id")
    kind = serializers.ChoiceField(source="card.kind", choices=ContactKind.choices)
    name = serializers.CharField(source="card.name")
    parts = NameSerializer(source="card.parts")
    nickname = serializers.CharField(source="card.nickname")
    organisation = serializers.CharField(source="card.organisation")
    units = serializers.ListField(source="card.units", child=serializers.CharField())
    job_title = serializers.CharField(source="card.job_title")
    emails = EntrySerializer(source="card.emails", many=True)
    phones = EntrySerializer(source="card.phones", many=True)
    urls = EntrySerializer(source="card.urls", many=True)
    addresses = PostalAddressSerializer(source="card.addresses", many=True)
    birthday = serializers.CharField(source="card.birthday")
    notes = serializers.CharField(source="card.notes")
    tags = serializers.ListField(source="card.tags", child=serializers.CharField())
    uid = serializers.CharField(source="card.uid")
    interacted_on = serializers.DateField(source="row.interacted_on", allow_null=True)
    last_interaction = serializers.DateField(allow_null=True)
    merchants = ContactMerchantShape(many=True)
    transactions = serializers.IntegerField()
    last_paid_on = serializers.DateField(allow_null=True)
    paid = serializers.SerializerMethodField()
    merged_into = serializers.UUIDField(source="row.merged_into_id", allow_null=True)
    created_at = serializers.DateTimeField(source="row.created_at")
    updated_at = serializers.DateTimeField(source="row.updated_at")

    @extend_schema_field(SpentShape(many=True))
    def get_paid(self, each: Shown) -> list[dict[str, str]]:
        return [{"amount": str(money), "currency": money.currency} for money in each.paid]


class ContactMergeInput(StrictSerializer):
    """The contact that stays."""

    into = serializers.UUIDField()


class MerchantLinkInput(StrictSerializer):
    merchant = serializers.UUIDField()


class RelationSerializer(StrictModelSerializer):
    """`other` is the contact's parent, partner …"""

    contact = serializers.UUIDField(source="contact_id", read_only=True)
    other = serializers.UUIDField(source="other_id")
    kind = serializers.ChoiceField(choices=RelationKind.choices)

    class Meta:
        model = ContactRelation
        fields = ("id", "contact", "other", "kind")
        read_only_fields = ("id",)
        validators = ()


class UnrelateInput(StrictSerializer):
    relation = serializers.UUIDField()


class DuplicateShape(serializers.Serializer[Any]):
    """Two contacts that share an e-mail address, a phone number or their name."""

    first = serializers.UUIDField()
    second = serializers.UUIDField()
    names = serializers.ListField(child=serializers.CharField())


class ContactExportQuery(StrictSerializer):
    type = serializers.ChoiceField(choices=("vcf", "csv"))


class ContactFileInput(StrictSerializer):
    """vCards (4.0, 3.0, 2.1) or a table (CSV), of at most 10 MB and 5,000 contacts."""

    file = serializers.FileField()


class ContactImportSerializer(StrictModelSerializer):
    class Meta:
        model = ContactImport
        fields = ("id", "name", "state", "result", "created_at")
        read_only_fields = fields


class LineSerializer(serializers.Serializer[Any]):
    """What one card of the file would do."""

    line = serializers.IntegerField(source="number", help_text="Where it begins in the file.")
    outcome = serializers.ChoiceField(choices=("new", "joined", "same", "refused"))
    name = serializers.SerializerMethodField()
    contact = serializers.UUIDField(source="contact.pk", allow_null=True, default=None)
    problem = serializers.CharField(help_text="A stable code; “” if there is none.")
    reason = serializers.CharField()

    def get_name(self, line: Line) -> str:
        return line.card.name if line.card else ""
