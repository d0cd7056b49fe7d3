"""Pages of messages, their evidence and the review queue, over real sample mail."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from extraction.views.evidence import marked, shown_fields
from finance.models import (
    FinancialAccount,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)
from finance.querysets import balances
from mail_ingest.models import Email
from tenancy.models import Tenant
from tests.extraction.test_pipeline import import_mail
from tests.pages import form_values, member, part

pytestmark = pytest.mark.django_db(transaction=True)

CARD = "de-demo-1118-cloud-hosting.eml"
SALARY = "de-demo-0601-salary.eml"
PRIVATE = "de-demo-0724-one-time-code.eml"


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def open_item() -> ReviewItem:
    found: ReviewItem = ReviewItem.objects.get(state=ReviewState.OPEN)
    return found


def decision(html: str, **changes: str) -> dict[str, str]:
    """What the review form would send as it is shown, with changes."""
    values = {k: v for k, v in form_values(html).items() if k != "csrfmiddlewaretoken"}
    for name, body in re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"\s+selected', body)
        values[name] = chosen[1] if chosen else ""
    return values | changes


def test_evidence_marks_each_field_in_the_message_and_says_who_set_it(browser: Client) -> None:
    import_mail([SALARY])
    row = Transaction.objects.get()
    html = text(part(browser, f"/emails/{row.source_id}/evidence/", item=row.source_item))
    assert re.search(r'<mark class="amount">[^<]*\d', html)
    assert "by rule" in html
    shown = text(browser.get(f"/transactions/{row.pk}/"))
    assert f"/emails/{row.source_id}/evidence/" in shown


def test_a_message_shows_what_was_read_why_and_what_came_of_it(browser: Client) -> None:
    import_mail([SALARY])
    email, row = Email.objects.get(), Transaction.objects.get()
    html = text(browser.get(f"/emails/{email.pk}/"))
    assert "Booked" in html
    assert f"/transactions/{row.pk}/" in html
    assert email.trust_reason in html
    assert "Booked" in text(browser.get("/emails/?show=booked"))
    assert "No messages here" in text(browser.get("/emails/?show=failed"))


def test_why_a_message_is_judged_so_is_said_in_the_readers_language(browser: Client) -> None:
    import_mail([SALARY])
    email = Email.objects.get()
    browser.post("/settings/", {"name": "Ada", "language": "de", "time_zone": "UTC"})
    html = text(browser.get(f"/emails/{email.pk}/"))
    assert "Niemand hat den Absender geprüft" in html
    assert "Sie nennt einen Betrag: „" in html
    assert str(email.trust_reason) not in html


def test_what_was_read_before_it_is_booked_is_said_once_and_as_a_person_writes_it() -> None:
    fields = {
        "occurred_on": {"value": "2026-11-20"},
        "merchant_raw": {"value": "Radhaus"},
        "merchant": {"value": "Radhaus"},
    }
    shown = [(field.label, field.shown) for field in shown_fields({"fields": fields}, None)]
    assert shown == [("Date", "20 November 2026"), ("Merchant", "Radhaus")]


def test_a_designed_message_is_cleaned_and_kept_from_the_network(browser: Client) -> None:
    import_mail([CARD])
    answer = browser.get(f"/emails/{Email.objects.get().pk}/html/")
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    html = text(answer)
    assert "17,34 EUR" in html
    assert "<a " not in html
    assert "<img" not in html
    assert "<script" not in html
    assert 'sandbox=""' in text(browser.get(f"/emails/{Email.objects.get().pk}/"))


def test_accepting_books_what_the_form_says_and_moves_the_balance(browser: Client) -> None:
    import_mail([SALARY], is_own=False)
    item = open_item()
    page = text(browser.get("/review/"))
    sent = decision(page, new_account="Giro")
    answer = browser.post(f"/review/{item.pk}/", sent, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "All done" in text(answer)
    assert 'id="review-count"' in text(answer)
    row = Transaction.objects.get()
    assert row.state == TransactionState.POSTED
    assert [entry.balance for entry in balances()] == [row.amount]


def test_a_question_without_an_account_asks_for_one_and_keeps_what_was_typed(
    browser: Client,
) -> None:
    import_mail([SALARY], is_own=False)
    item = open_item()
    page = text(browser.get("/review/"))
    sent = decision(page, merchant="My employer", new_account="")
    answer = browser.post(f"/review/{item.pk}/", sent)
    assert answer.status_code == 422
    assert "name a new one" in text(answer)
    assert form_values(text(answer))["merchant"] == "My employer"
    assert not FinancialAccount.objects.exists()
    item.refresh_from_db()
    assert item.state == ReviewState.OPEN


def test_dismissing_is_undone(browser: Client) -> None:
    import_mail([SALARY], is_own=False)
    item = open_item()
    headers = {"HX-Request": "true"}
    answer = browser.post(f"/review/{item.pk}/dismiss/", headers=headers)
    assert f"/review/{item.pk}/reopen/" in text(answer)
    assert not Transaction.objects.filter(state=TransactionState.POSTED).exists()
    browser.post(f"/review/{item.pk}/reopen/", headers=headers)
    item.refresh_from_db()
    assert item.state == ReviewState.OPEN


def test_neighbours_see_neither_messages_nor_questions(browser: Client, stranger: Tenant) -> None:
    import_mail([SALARY], is_own=False)
    email, item = Email.objects.get(), open_item()
    other = member(stranger, email="bob@example.org")
    for address in (
        f"/emails/{email.pk}/",
        f"/emails/{email.pk}/html/",
        f"/emails/{email.pk}/evidence/",
        f"/review/{item.pk}/",
    ):
        assert other.get(address).status_code == 404
    assert other.post(f"/review/{item.pk}/dismiss/").status_code == 404
    assert "All done" in text(other.get("/review/"))
    item.refresh_from_db()
    assert item.state == ReviewState.OPEN


def test_what_is_not_there_is_not_found(browser: Client) -> None:
    for address in ("/emails/{}/", "/emails/{}/evidence/", "/review/{}/"):
        assert browser.get(address.format(uuid.uuid4())).status_code == 404


def test_overlapping_spans_are_marked_once_and_the_text_stays_whole() -> None:
    message = "Paid 12.00 EUR at Café Nord"
    fields = {
        "amount": {"start": 5, "end": 14},
        "event": {"start": 0, "end": 4},
        "merchant": {"start": 18, "end": 27},
        "merchant_raw": {"start": 18, "end": 22},
        "reference": {"start": 90, "end": 99},
    }
    parts = list(marked(message, fields))
    assert "".join(part.text for part in parts) == message
    assert [part.text for part in parts if part.label][:2] == ["Paid", "12.00 EUR"]
    assert sum(part.colour == "merchant" for part in parts) == 1


def browser_with(tenant: Tenant, *codes: str) -> Client:
    Role.objects.create(key="narrow", name="Narrow", permissions=list(codes))
    return member(tenant, "narrow", email="narrow@example.org")


def test_who_may_not_read_mail_sees_only_messages_that_the_ledger_rests_on(
    in_tenant: Tenant,
) -> None:
    import_mail([SALARY, PRIVATE])
    reader = browser_with(in_tenant, "transactions:read")
    source = Transaction.objects.get().source_id
    private = Email.objects.exclude(id=source).get()
    assert reader.get(f"/emails/{source}/evidence/").status_code == 200
    assert reader.get(f"/emails/{private.id}/evidence/").status_code == 404
    assert member(in_tenant).get(f"/emails/{private.id}/evidence/").status_code == 200


def test_a_decision_opens_an_account_only_for_those_who_may(in_tenant: Tenant) -> None:
    import_mail([CARD], is_own=False)
    item = open_item()
    decider = browser_with(in_tenant, "transactions:read", "transactions:write")
    address = f"/review/{item.pk}/"
    sent = decision(text(decider.get(address)), account="", new_account="Card", amount="10.00")
    assert decider.post(address, sent).status_code == 403
    assert not FinancialAccount.objects.exists()
    assert open_item() == item


@pytest.mark.parametrize(
    "query",
    [
        "after=0001-01-01T00:00:00%2B23:59~00000000-0000-0000-0000-000000000000",
        "after=9999-12-31T23:59:59-23:59~00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_made_up_place_in_the_list_is_refused(browser: Client, query: str) -> None:
    assert browser.get(f"/emails/?{query}").status_code == 400


def test_nul_is_searched_for_on_any_database(browser: Client) -> None:
    assert browser.get("/emails/?search=%00salary").status_code == 200


def test_an_empty_place_in_the_ledger_is_its_start(browser: Client) -> None:
    assert browser.get("/transactions/?after=").status_code == 200


def test_a_question_leads_to_a_rule_for_its_merchant(browser: Client) -> None:
    import_mail([CARD], is_own=False)
    html = text(browser.get("/review/"))
    found = re.search(r'href="(/rules/\?query=[^"]+)"', html)
    assert found is not None
    assert "merchant:&quot;" in text(browser.get(found[1]))
