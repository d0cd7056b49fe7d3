"""The message behind a transaction, each field marked in it, with who set the value."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from extraction.calibration import measured
from extraction.models import EmailExtraction
from extraction.pipeline import stored_document
from extraction.senders import SOURCE_KIND
from finance.models import ReviewItem, Transaction
from finance.money import InvalidMoney, Money
from finance.templatetags.money import plain_money
from finance.views.events import event_label
from mail_ingest.models import Email
from tenancy.models import Tenant
from tenancy.pages import page
from tenancy.permissions import may
from tenancy.scope import PERSONS, current_tenant_id

# A field of a reading: what it is called, and the colour of its marker.
FIELDS: Final = {
    "amount": (gettext_lazy("Amount"), "amount"),
    "original_amount": (gettext_lazy("Original amount"), "amount"),
    "occurred_on": (gettext_lazy("Date"), "date"),
    "occurred_at": (gettext_lazy("Time"), "date"),
    "merchant_raw": (gettext_lazy("Merchant"), "merchant"),
    "merchant": (gettext_lazy("Merchant"), "merchant"),
    "counterparty": (gettext_lazy("Counterparty"), "merchant"),
    "account_hint": (gettext_lazy("Account"), "account"),
    "event": (gettext_lazy("What happened"), "other"),
    "balance": (gettext_lazy("Balance"), "other"),
    "available_limit": (gettext_lazy("Available limit"), "other"),
    "fee": (gettext_lazy("Fee"), "other"),
    "tax": (gettext_lazy("Tax"), "other"),
    "tip": (gettext_lazy("Tip"), "other"),
    "reference": (gettext_lazy("Reference"), "other"),
    "due_date": (gettext_lazy("Due"), "date"),
    "order_number": (gettext_lazy("Order"), "other"),
    "exchange_rate": (gettext_lazy("Exchange rate"), "other"),
}
ROUTES: Final = {
    "grammar": gettext_lazy("by rule"),
    "structured": gettext_lazy("structured data"),
    "template": gettext_lazy("by template"),
    "model": gettext_lazy("by model"),
    "event": gettext_lazy("from what happened"),
    "history": gettext_lazy("as you chose before"),
    "merchant": gettext_lazy("as its merchant always is"),
    "merchant_word": gettext_lazy("from the merchant’s name"),
}
# A transaction's field, and the reading's fields that it comes from, in order.
OF_TRANSACTION: Final = {
    "amount": ("amount",),
    "booked_on": ("booked_on", "occurred_on"),
    "merchant": ("merchant", "counterparty", "merchant_raw"),
    "account_id": ("account_id", "account_hint"),
    "category_id": ("category_id",),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the message; `label` is empty where nothing was read."""

    text: str
    label: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class ShownField:
    label: str
    colour: str
    shown: str
    set_by: str


@require_safe
@page("transactions:read")
def evidence(request: HttpRequest, email_id: uuid.UUID) -> HttpResponse:
    """For those who may see transactions: of messages, only those that the ledger rests on."""
    email = get_object_or_404(Email.objects.select_related("raw"), id=email_id)
    if not may("mail:read") and not _is_source(email):
        raise Http404
    try:
        item = int(request.GET.get("item", "0"))
    except ValueError as error:
        raise BadRequest("“item” must be a number.") from error
    return render(request, "extraction/_evidence.html", evidence_context(email, item))


def _is_source(email: Email) -> bool:
    at_source = {"source_kind": SOURCE_KIND, "source_id": str(email.pk)}
    return (
        Transaction.objects.filter(**at_source).exists()
        or ReviewItem.objects.filter(**at_source).exists()
    )


def evidence_context(email: Email, item: int) -> dict[str, Any]:
    """What the template shows of one candidate of a message. `email.raw` is loaded."""
    text = readable_text(email)
    extraction: EmailExtraction | None = (
        EmailExtraction.objects.filter(email=email).order_by("-reader_version").first()
    )
    candidates = extraction.candidates if extraction else []
    candidate: Mapping[str, Any] = candidates[item] if 0 <= item < len(candidates) else {}
    booked = (
        Transaction.objects.filter(
            source_kind=SOURCE_KIND, source_id=str(email.pk), source_item=item
        )
        .select_related("account")
        .prefetch_related("splits__category")
        .first()
    )
    return {
        "email": email,
        "parts": list(marked(text, candidate.get("fields", {}))),
        "fields": shown_fields(candidate, booked),
        "measured": measured([email.from_address]).get(
            (email.from_address, candidate.get("route", ""))
        ),
    }


def readable_text(email: Email) -> str:
    """The text that evidence spans index; "" for a message that cannot be parsed."""
    document = stored_document(email, Tenant.objects.get(id=current_tenant_id()))
    return document.text if document is not None else ""


def marked(text: str, fields: Mapping[str, Any]) -> Iterator[Part]:
    """The text in order, cut at the fields' spans; of spans that overlap the first is marked.
    Empty lines, of which mail made from HTML is full, are left out."""
    at = 0
    spans = sorted(
        (field["start"], field["end"], name)
        for name, field in fields.items()
        if "start" in field and name in FIELDS
    )
    for start, end, name in spans:
        if start < at or end > len(text):
            continue
        if start > at:
            yield Part(_closer(text[at:start]))
        label, colour = FIELDS[name]
        yield Part(text[start:end], str(label), colour)
        at = end
    if at < len(text):
        yield Part(_closer(text[at:]))


def _closer(text: str) -> str:
    return re.sub(r"\s*\n\s*", "\n", text)


def shown_fields(candidate: Mapping[str, Any], booked: Transaction | None) -> list[ShownField]:
    """What is in the ledger, else what was read; then what was read besides."""
    fields: Mapping[str, Any] = candidate.get("fields", {})
    if booked is None:
        read = [_read(name, field, candidate) for name, field in fields.items() if name in FIELDS]
        # What the message calls a merchant is often what it is called here.
        return list({(field.label, field.shown): field for field in read}.values())
    covered = {name for names in OF_TRANSACTION.values() for name in names}
    besides = [
        _read(name, field, candidate)
        for name, field in fields.items()
        if name in FIELDS and name not in covered
    ]
    return [*_booked(booked), *besides]


def _booked(row: Transaction) -> Iterator[ShownField]:
    splits = list(row.splits.all())
    category = splits[0].category if len(splits) == 1 else None
    values = {
        "amount": (_("Amount"), "amount", str(plain_money(row.amount))),
        "booked_on": (_("Date"), "date", date_format(row.booked_on, "DATE_FORMAT")),
        "merchant": (_("Merchant"), "merchant", row.merchant),
        "account_id": (_("Account"), "account", str(row.account)),
        "category_id": (_("Category"), "none", category.label if category else ""),
    }
    for name, (label, colour, shown) in values.items():
        if shown:
            yield ShownField(label, colour, shown, set_by(_told(row.provenance, name)))


def _told(provenance: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What set a transaction's field: a person before what was read, that before the booking."""
    known = [provenance[of] for of in OF_TRANSACTION[name] if of in provenance]
    people = [told for told in known if told.get("by") in PERSONS]
    read = [told for told in known if "route" in told]
    return next(iter([*people, *read, *known]), {})


def _read(name: str, field: Mapping[str, Any], candidate: Mapping[str, Any]) -> ShownField:
    label, colour = FIELDS[name]
    told = {"route": candidate.get("route", ""), "inferred": field.get("inferred", False)}
    shown = event_label(str(field["value"])) if name == "event" else _value(field)
    return ShownField(str(label), colour, shown, set_by(told))


def _value(field: Mapping[str, Any]) -> str:
    if "currency" in field:
        try:
            return str(plain_money(Money.parse(field["value"], field["currency"])))
        except InvalidMoney:
            return f"{field['value']} {field['currency']}"
    text = str(field["value"])
    try:
        return date_format(date.fromisoformat(text), "DATE_FORMAT")
    except ValueError:
        return text.replace("_", " ")


def set_by(told: Mapping[str, Any]) -> str:
    """Who or what set a value, from a transaction's provenance of it."""
    by = told.get("by", "")
    if by == "user":
        return _("by you")
    if by:
        return _("by a program of yours") if by == "token" else _("by Inledger")
    route = str(told.get("route", ""))
    if not route:
        return ""
    shown = str(ROUTES.get(route, route))
    if told.get("inferred") and route in {"grammar", "structured", "template", "model"}:
        return _("%(route)s, inferred") % {"route": shown}
    return shown
