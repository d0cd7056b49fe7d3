"""Matches and transfers as the API gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from finance.matching.words import sentence
from finance.models import Match, MatchKind, MatchState, Transfer
from finance.money import minor_text
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


class ReasonShape(Shape):
    code = serializers.CharField()
    value = serializers.IntegerField(
        required=False, help_text="Days, or percent in tenths; only where the code needs it."
    )


class MatchShape(Shape):
    """`first` stays, and `second` (or the question `review_item`) goes into it; of a transfer they
    are outflow and inflow, of a refund the purchase and the credit."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=MatchKind.choices)
    state = serializers.ChoiceField(choices=MatchState.choices)
    first = serializers.UUIDField()
    second = serializers.UUIDField(allow_null=True)
    review_item = serializers.UUIDField(allow_null=True)
    score = serializers.IntegerField(help_text="0 to 100.")
    reasons = ReasonShape(many=True)
    explanation = serializers.CharField(help_text="The reasons in words.")
    decided_by = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class TransferLinkInput(StrictSerializer):
    outflow = serializers.UUIDField(help_text="The transaction that left one account.")
    inflow = serializers.UUIDField(help_text="The one that reached the other.")


class LegShape(Shape):
    id = serializers.UUIDField()
    account = serializers.UUIDField()
    booked_on = serializers.DateField()
    amount = serializers.CharField()
    currency = serializers.CharField()


class LinkedTransferShape(Shape):
    id = serializers.UUIDField()
    outflow = LegShape()
    inflow = LegShape()
    created_at = serializers.DateTimeField()


def match_json(match: Match) -> Json:
    names = ("kind", "state", "score", "reasons", "decided_by", "decided_at", "created_at",
             "version")  # fmt: skip
    return {
        "id": match.pk,
        "first": match.first_id,
        "second": match.second_id,
        "review_item": match.item_id,
        **{name: getattr(match, name) for name in names},
        "explanation": sentence(match.reasons),
    }


def transfer_json(link: Transfer) -> Json:
    return {
        "id": link.pk,
        "outflow": _leg(link.outflow),
        "inflow": _leg(link.inflow),
        "created_at": link.created_at,
    }


def transfers_json(links: Sequence[Transfer]) -> list[Json]:
    return [transfer_json(link) for link in links]


def _leg(row: Any) -> Json:
    return {
        "id": row.pk,
        "account": row.account_id,
        "booked_on": row.booked_on,
        "amount": minor_text(row.amount_minor, row.currency),
        "currency": row.currency,
    }
