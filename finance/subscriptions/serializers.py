"""Subscriptions as the API gives them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from finance.models import (
    Announcement,
    AnnouncementKind,
    AnnouncementState,
    RecurrenceUnit,
    SubscriptionState,
)
from finance.subscriptions.reading import Charged, Price, Shown

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


class PriceShape(Shape):
    since = serializers.DateField()
    amount = serializers.CharField()
    percent = serializers.IntegerField(allow_null=True, help_text="More, or less, than before.")


class EvidenceShape(Shape):
    """Why it is believed to repeat."""

    charges = serializers.IntegerField()
    since = serializers.DateField(allow_null=True)
    days_off = serializers.IntegerField(help_text="How far from their dates they lay at most.")
    left_out = serializers.IntegerField(help_text="Dates without a charge.")
    varies = serializers.BooleanField(help_text="The amount differs from charge to charge.")


class SubscriptionShape(Shape):
    id = serializers.UUIDField()
    name = serializers.CharField()
    account = serializers.UUIDField()
    state = serializers.ChoiceField(choices=SubscriptionState.choices)
    amount = serializers.CharField(help_text="The latest charge, positive.")
    currency = serializers.CharField()
    per_month = serializers.CharField()
    per_year = serializers.CharField()
    unit = serializers.ChoiceField(choices=RecurrenceUnit.choices)
    every = serializers.IntegerField()
    next_on = serializers.DateField()
    cancelled_on = serializers.DateField(allow_null=True)
    recurring = serializers.UUIDField(
        allow_null=True, help_text="The recurring transaction that watches for the next charge."
    )
    evidence = EvidenceShape()
    prices = PriceShape(many=True)
    version = serializers.IntegerField()


class ChargeShape(Shape):
    transaction = serializers.UUIDField()
    day = serializers.DateField()
    amount = serializers.CharField()


class SubscriptionDetailShape(SubscriptionShape):
    charges = ChargeShape(many=True)


class FoundShape(Shape):
    found = serializers.IntegerField(help_text="How many are new.")


def subscription_json(entry: Shown) -> Json:
    row = entry.row
    return {
        "id": row.pk,
        "name": row.name,
        "account": row.account_id,
        "state": row.state,
        "amount": str(row.amount),
        "currency": row.currency,
        "per_month": str(entry.per_month),
        "per_year": str(entry.per_year),
        "unit": row.unit,
        "every": row.every,
        "next_on": row.next_on,
        "cancelled_on": row.cancelled_on,
        "recurring": row.recurring_id,
        "evidence": {
            "charges": len(entry.charges),
            "since": entry.charges[0].day if entry.charges else None,
            "days_off": row.days_off,
            "left_out": row.left_out,
            "varies": row.varies,
        },
        "prices": [_price(price) for price in entry.prices],
        "version": row.version,
    }


def detail_json(entry: Shown) -> Json:
    return subscription_json(entry) | {"charges": [_charge(c) for c in reversed(entry.charges)]}


def _price(price: Price) -> Json:
    return {"since": price.since, "amount": str(price.amount), "percent": price.percent}


def _charge(charge: Charged) -> Json:
    return {
        "transaction": charge.transaction_id, "day": charge.day, "amount": str(charge.amount)
    }  # fmt: skip


class AnnouncementShape(Shape):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=AnnouncementKind.choices)
    state = serializers.ChoiceField(choices=AnnouncementState.choices)
    name = serializers.CharField()
    told_on = serializers.DateField()
    day = serializers.DateField(allow_null=True)
    cancel_by = serializers.DateField(allow_null=True)
    amount = serializers.CharField(allow_null=True)
    old_amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    subscription = serializers.UUIDField(allow_null=True)
    met_by = serializers.UUIDField(
        allow_null=True, help_text="The credit that a promised refund was."
    )
    doubts = serializers.ListField(child=serializers.CharField())
    source_kind = serializers.CharField()
    source_id = serializers.CharField()
    version = serializers.IntegerField()


def announcement_json(row: Announcement) -> Json:
    names = ("kind", "state", "name", "told_on", "day", "cancel_by", "currency", "doubts",
             "source_kind", "source_id", "version")  # fmt: skip
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in names},
        "amount": None if row.amount is None else str(row.amount),
        "old_amount": None if row.old_amount is None else str(row.old_amount),
        "subscription": row.subscription_id,
        "met_by": row.met_by_id,
    }
