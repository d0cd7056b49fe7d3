"""Bills as the API takes and gives them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from rest_framework import serializers

from finance.models import Bill, BillNotice, BillOrigin, BillStatus
from finance.serializers import AmountField, CurrencyField, money
from tenancy.serializers import StrictSerializer

Json = dict[str, Any]
Shape = serializers.Serializer[Any]


class BillPatch(StrictSerializer):
    payee = serializers.CharField(max_length=200, required=False)
    amount = AmountField(required=False, help_text="Positive.")
    currency = CurrencyField(required=False)
    due_on = serializers.DateField(allow_null=True, required=False)
    account = serializers.UUIDField(
        allow_null=True, required=False, help_text="The card or loan that it is for."
    )
    reference = serializers.CharField(max_length=100, allow_blank=True, required=False)
    notes = serializers.CharField(max_length=10_000, allow_blank=True, required=False)


class BillInput(BillPatch):
    payee = serializers.CharField(max_length=200)
    amount = AmountField()
    currency = CurrencyField()


class PaymentInput(StrictSerializer):
    transaction = serializers.UUIDField()


def columns(given: Mapping[str, Any], currency: str) -> Json:
    """A validated body as the verbs take it. Raises LedgerError."""
    wanted: Json = {k: v for k, v in given.items() if k != "currency"}
    if "account" in wanted:
        wanted["account_id"] = wanted.pop("account")
    if "amount" in wanted:
        wanted["amount"] = money(wanted["amount"], currency)
    return wanted


class BillShape(Shape):
    id = serializers.UUIDField()
    payee = serializers.CharField()
    amount = serializers.CharField(allow_null=True)
    currency = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    issued_on = serializers.DateField()
    account = serializers.UUIDField(allow_null=True)
    reference = serializers.CharField()
    notes = serializers.CharField()
    origin = serializers.ChoiceField(choices=BillOrigin.choices)
    status = serializers.ChoiceField(choices=BillStatus.choices)
    doubts = serializers.ListField(child=serializers.CharField())
    payment = serializers.UUIDField(allow_null=True, help_text="The transaction that paid it.")
    version = serializers.IntegerField()


class MessageShape(Shape):
    kind = serializers.CharField()
    id = serializers.CharField()
    told_on = serializers.DateField()


class BillDetailShape(BillShape):
    messages = MessageShape(many=True, help_text="Those that told of it.")


def bill_json(bill: Bill, day: date) -> Json:
    """From a row of `reading.shown`."""
    status = bill.status_on(day)
    return {
        "id": bill.pk,
        "payee": bill.payee,
        "amount": None if bill.amount is None else str(bill.amount),
        "currency": bill.currency,
        "due_on": bill.due_on,
        "issued_on": bill.issued_on,
        "account": bill.account_id,
        "reference": bill.reference,
        "notes": bill.notes,
        "origin": bill.origin,
        "status": status,
        "doubts": bill.doubts,
        "payment": bill.payment_id if status == BillStatus.PAID else None,
        "version": bill.version,
    }


def message_json(notice: BillNotice) -> Json:
    return {"kind": notice.source_kind, "id": notice.source_id, "told_on": notice.told_on}
