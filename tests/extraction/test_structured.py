from __future__ import annotations

import json
from collections.abc import Mapping

from extraction.reading import Event, Reason, Verdict, would_book
from tests.extraction.reading_help import read

ORDER = {
    "@context": "http://schema.org",
    "@type": "Order",
    "orderNumber": "A-1007",
    "price": "42.50",
    "priceCurrency": "EUR",
    "merchant": {"@type": "Organization", "name": "Lamp House"},
}


def page(item: Mapping[str, object], body: str) -> str:
    data = json.dumps(item)
    return f'<html><body><script type="application/ld+json">{data}</script>{body}</body></html>'


def test_an_order_is_read_with_the_evidence_that_a_person_sees() -> None:
    reading = read(html=page(ORDER, "<p>Lamp House order A-1007</p><p>Total: 42,50 €</p>"))
    (candidate,) = reading.candidates
    assert candidate.route == "structured"
    assert candidate.amount is not None
    assert candidate.amount.evidence is not None
    assert candidate.amount.evidence.quote == "42,50 €"
    assert candidate.merchant is not None
    assert candidate.merchant.value == "Lamp House"
    assert Reason.WEAK_EVENT in candidate.reasons
    assert not would_book(candidate)


def test_a_price_that_nobody_can_see_is_not_believed() -> None:
    reading = read(html=page({**ORDER, "price": "9999.00"}, "<p>Total: 42,50 €</p>"))
    assert all(candidate.route == "grammar" for candidate in reading.candidates)


def test_an_unpaid_invoice_is_due() -> None:
    invoice = {"@type": "Invoice", "@context": "http://schema.org", "paymentStatus": "PaymentDue"}
    reading = read(html=page(invoice, "<p>Pay 10 €</p>"))
    assert (reading.verdict, reading.event) == (Verdict.NOT_BOOKED, Event.DUE)


def test_microdata_is_read_like_json() -> None:
    html = """<div itemscope itemtype="http://schema.org/Invoice">
      <meta itemprop="paymentStatus" content="http://schema.org/PaymentComplete">
      <div itemprop="provider" itemscope itemtype="http://schema.org/Organization">
        <span itemprop="name">City Water</span></div>
      <div itemprop="totalPaymentDue" itemscope itemtype="http://schema.org/PriceSpecification">
        <meta itemprop="price" content="18.00"><meta itemprop="priceCurrency" content="USD">
        Total paid: $18.00</div></div>"""
    (candidate,) = read(html=html).candidates
    assert candidate.route == "structured"
    assert candidate.event is Event.PURCHASE
    assert candidate.merchant is not None
    assert candidate.merchant.value == "City Water"


def test_broken_json_falls_through_to_the_grammar() -> None:
    html = '<script type="application/ld+json">{"@context":"http://schema.org",</script>'
    reading = read(html=f"{html}<p>You spent $5.00 at SHOP with card ending 1234</p>")
    assert reading.route == "grammar"
    assert reading.verdict is Verdict.TRANSACTION
