"""schema.org data in the HTML part: JSON-LD and microdata of orders, invoices, reservations. Pure.

Senders put these in for mail programs (schema.org/Order, /Invoice, /Reservation). A total counts
only if the person can see it too: its evidence is the same amount in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extraction.document import Document
from extraction.extractors.amounts import find_amounts, with_currency
from extraction.reading import Candidate, Event, Evidence, Field, Reading, Reason, Verdict
from finance.money import InvalidMoney, Money

Item = dict[str, Any]

_ORDER_NOTICES = ("Cancelled", "Delivered", "InTransit", "PickupAvailable", "Returned", "Problem")
_MAX_ITEMS = 50
_MAX_DEPTH = 8


class StructuredExtractor:
    """Reads what the sender itself marked up."""

    name = "structured"

    def identify(self, document: Document) -> bool:
        return document.html is not None and "schema.org" in document.html

    def extract(self, document: Document) -> Reading | None:
        for item in items(document.html or ""):
            reading = _reading(item, document)
            if reading is not None:
                return reading
        return None


def items(html: str) -> Iterator[Item]:
    """All JSON-LD objects and top-level microdata items, as plain dicts with "@type"."""
    tree = LexborHTMLParser(html)
    for script in tree.css('script[type="application/ld+json"]')[:_MAX_ITEMS]:
        try:
            data = json.loads(script.text())
        except (ValueError, RecursionError):
            continue
        yield from _objects(data, 0)
    for node in tree.css("[itemscope][itemtype]:not([itemprop])")[:_MAX_ITEMS]:
        yield _microdata(node, 0)


def _objects(data: object, depth: int) -> Iterator[Item]:
    if depth > _MAX_DEPTH:
        return
    if isinstance(data, list):
        for part in data[:_MAX_ITEMS]:
            yield from _objects(part, depth + 1)
    elif isinstance(data, dict):
        yield data
        yield from _objects(data.get("@graph"), depth + 1)


def _microdata(scope: LexborNode, depth: int) -> Item:
    """The properties of one itemscope; an inner scope is a value of its own."""
    item: Item = {"@type": (scope.attributes.get("itemtype") or "").rpartition("/")[2]}
    if depth > _MAX_DEPTH:
        return item
    waiting = [scope.child]
    seen = 0
    while waiting and seen < 2000:
        node = waiting.pop()
        if node is None:
            continue
        seen += 1
        waiting.append(node.next)
        attributes = node.attributes if node.is_element_node else {}
        name = attributes.get("itemprop")
        inner = "itemscope" in attributes
        if name:
            item.setdefault(name, _microdata(node, depth + 1) if inner else _property(node))
        if not inner:
            waiting.append(node.child)
    return item


def _property(node: LexborNode) -> str:
    attributes = node.attributes
    for key in ("content", "datetime", "href"):
        if value := attributes.get(key):
            return str(value).strip()
    return str(node.text()).strip()


def _reading(item: Item, document: Document) -> Reading | None:
    kind = _text(item.get("@type"))
    event: Event | None = None
    if kind == "Invoice":
        event = _invoice_event(_text(item.get("paymentStatus")))
    elif kind == "Order":
        event = _order_event(_text(item.get("orderStatus")))
    elif kind.endswith("Reservation"):
        event = Event.PURCHASE if item.get("totalPrice") else None
    else:
        return None
    if event is None:
        return None
    if not event.books:
        return Reading(Verdict.NOT_BOOKED, event, route="structured")
    amount = _visible(_price(item), document)
    if amount is None:
        return None
    # An order or a booking promises a payment; only a paid invoice reports one.
    reasons = () if kind == "Invoice" else (Reason.WEAK_EVENT,)
    candidate = Candidate(
        event=event,
        direction=event.direction,
        amount=amount,
        merchant=(merchant := _seller(item, document)),
        merchant_raw=merchant,
        order_number=_quoted(_number(item), document),
        route="structured",
        confidence=0.95 if kind == "Invoice" else 0.7,
        reasons=reasons,
    )
    return Reading(Verdict.TRANSACTION, event, (candidate,), reasons, route="structured")


def _invoice_event(status: str) -> Event:
    paid = ("PaymentComplete", "PaymentAutomaticallyApplied")
    return Event.PURCHASE if status.endswith(paid) else Event.DUE


def _order_event(status: str) -> Event:
    if status.endswith("PaymentDue"):
        return Event.DUE
    return Event.ORDER if status.endswith(_ORDER_NOTICES) else Event.PURCHASE


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = value.get("name") or value.get("@id") or ""
    return re.sub(r"^https?://schema\.org/", "", str(value or "")).strip()


def _price(item: Item) -> Money | None:
    """The total: on the item itself, in totalPaymentDue, or in a single accepted offer."""
    sources = [item, item.get("totalPaymentDue"), item.get("totalPrice"), item.get("acceptedOffer")]
    for source in sources:
        if isinstance(source, list) and len(source) == 1:
            source = source[0]
        if not isinstance(source, dict):
            continue
        value = source.get("price") or source.get("totalPrice") or source.get("value")
        code = source.get("priceCurrency") or source.get("currency") or item.get("priceCurrency")
        if value is None or isinstance(value, dict) or not code:
            continue
        try:
            return Money.parse(Decimal(_text(value).replace(",", "")), _text(code).upper())
        except (InvalidMoney, InvalidOperation):
            continue
    return None


def _visible(price: Money | None, document: Document) -> Field[Money] | None:
    """The price with its evidence in the text; None when nobody can see it."""
    if price is None or not price:
        return None
    for amount in find_amounts(document, ()):
        read = with_currency(amount, price.currency).money
        if read == price and (price.currency in amount.codes):
            return Field(price, document.evidence(amount.start, amount.end))
    return None


def _seller(item: Item, document: Document) -> Field[str] | None:
    for key in ("merchant", "seller", "broker", "provider", "reservationFor"):
        if name := _text(item.get(key)):
            return _quoted(name, document) or Field(name, None, inferred=True)
    return None


def _number(item: Item) -> str:
    keys = ("orderNumber", "confirmationNumber", "reservationNumber", "reservationId")
    return next((text for key in keys if (text := _text(item.get(key)))), "")


def _quoted(text: str, document: Document) -> Field[str] | None:
    """A field whose value stands verbatim in the text."""
    position = document.text.find(text) if text else -1
    if position < 0:
        return None
    start, end = position, position + len(text)
    evidence = Evidence(document.text[start:end], start, end)
    return Field(text, evidence)
