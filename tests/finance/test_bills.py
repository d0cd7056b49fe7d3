"""Bills: told by messages, confirmed, paid, overdue, and the API."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance import ledger
from finance.bills.entering import Notice, enter_many
from finance.bills.managing import add_bill, change_bill, confirm, dismiss, pay, reopen
from finance.bills.names import same_name
from finance.bills.paying import match_payments
from finance.bills.reading import shown, standing
from finance.bills.serializers import BillDetailShape
from finance.bills.telling import tell
from finance.errors import LedgerError, WrongState
from finance.ledger import Source
from finance.models import (
    Bill,
    BillNotice,
    BillStatus,
    FinancialAccount,
    LedgerChange,
)
from finance.money import Money
from finance.querysets import today
from notifications.models import Notification
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.make import make_member

BILLS = "/api/v1/bills"


def money(text: str, currency: str = "EUR") -> Money:
    return Money.parse(text, currency)


def days(n: int) -> date:
    return today() + timedelta(n)


def notice(amount: str | None = "85.68", due: int | None = 10, **fields: Any) -> Notice:
    values: dict[str, Any] = {
        "source": Source("email", str(uuid.uuid4())), "payee": "Donau Strom", "told_on": days(0),
        "amount": money(amount) if amount else None, "currency": "EUR",
        "due_on": days(due) if due is not None else None,
    } | fields  # fmt: skip
    return Notice(**values)


def one(**fields: Any) -> Bill:
    (bill,) = enter_many([notice(**fields)])
    return bill


def status(bill: Bill, day: date | None = None) -> str:
    return str(shown(Bill.objects.filter(pk=bill.pk))[0].status_on(day or today()))


def notices(kind: str) -> list[str]:
    rows = Notification.objects.filter(kind=kind, cancelled_at=None).order_by("created_at", "id")
    return [row.facts["name"] for row in rows]


# --- Names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Stadtwerke München", "STADTWERKE MUENCHEN GMBH", True),
        ("Donau Strom", "Donau Strom AG Rechnung 118", True),
        ("Orange", "Orange SA", True),
        ("Stadtwerke Bonn", "Stadtwerke Köln", False),
        ("The Shop GmbH", "The Bank GmbH", False),
        ("", "Orange", False),
        ("东京电力", "东京电力", True),
    ],
)
def test_names_of_one_company_are_known(one: str, other: str, same: object) -> None:
    assert same_name(one, other) is same
    assert same_name(other, one) is same


# --- Told by messages -----------------------------------------------------------------------------


def test_a_message_makes_a_bill_once(ledger: Tenant) -> None:
    told = notice(reference="2026-118842")
    (bill,) = enter_many([told])
    assert enter_many([told]) == []
    assert (bill.payee, str(bill.amount), status(bill)) == ("Donau Strom", "85.68", "open")
    assert LedgerChange.objects.get(subject_id=bill.pk).verb == "enter"


def test_reminders_are_about_the_same_bill_and_complete_it(ledger: Tenant) -> None:
    bill = one(amount=None, reference="77")
    assert enter_many([notice(), notice(told_on=days(8)), notice(due=None, reference="77")]) == []
    bill.refresh_from_db()
    assert (str(bill.amount), BillNotice.objects.filter(bill=bill).count()) == ("85.68", 4)


@pytest.mark.parametrize(
    "other",
    [
        {"amount": "85.69"},
        {"due": 11},
        {"payee": "Donau Gas"},
        {"reference": "2"},
        {"amount": None, "due": 11},
    ],
)
def test_what_differs_is_another_bill(ledger: Tenant, other: dict[str, Any]) -> None:
    one(reference="1")
    assert len(enter_many([notice(**other)])) == 1


@pytest.mark.parametrize(
    "poor",
    [
        {"amount": None, "due": None},
        {"payee": " "},
        {"amount": "0.00"},
        {"amount": "-1.00"},
        {"due": -61, "told_on": date(2020, 1, 1)},
    ],
)
def test_too_little_is_no_bill_and_the_past_is_history(
    ledger: Tenant, poor: dict[str, Any]
) -> None:
    assert enter_many([notice(**poor)]) == []


def test_a_batch_takes_a_handful_of_statements(ledger: Tenant) -> None:
    def queries(count: int) -> int:
        batch = [notice(payee=f"Payee{count}x{n}") for n in range(count)]
        with CaptureQueriesContext(connection) as seen:
            assert len(enter_many(batch)) == count
        return len(seen)

    # A handful needs no clock of its own; SQLite takes so many values a statement.
    assert queries(20) - queries(2) <= 1


def test_a_doubtful_message_asks_and_tells_nobody_to_pay(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    bill = one(due=2, doubts=("unverified_sender",))
    paid = make_posted(giro, "-85.68", merchant="Donau Strom", booked_on=today())
    assert (tell(today()), match_payments(today()), status(bill)) == (0, 0, "proposed")
    confirm(bill.pk)
    assert (tell(today()), status(bill)) == (1, "open")
    assert match_payments(today()) == 1
    bill.refresh_from_db()
    assert bill.payment == paid


def test_a_trusted_message_confirms_a_doubtful_one(ledger: Tenant) -> None:
    bill = one(doubts=("new_sender",))
    enter_many([notice(told_on=days(3))])
    bill.refresh_from_db()
    assert (bill.state, bill.doubts) == ("open", [])


def test_what_was_dismissed_does_not_come_back(ledger: Tenant) -> None:
    bill = one()
    dismiss(bill.pk)
    assert enter_many([notice(told_on=days(5))]) == []
    assert status(bill) == "dismissed"


# --- Paid -----------------------------------------------------------------------------------------


def test_the_payment_closes_it_and_its_void_opens_it_again(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    bill = one(due=1)
    tell(today())
    assert notices("bill_due") == ["Donau Strom"]
    payment = make_posted(giro, "-85.68", merchant="DONAU STROM GMBH", booked_on=today())
    assert (match_payments(today()), match_payments(today())) == (1, 0)
    assert (status(bill), notices("bill_due")) == ("paid", [])
    ledger.void(payment.pk)
    assert (status(bill), status(bill, days(2))) == ("open", "overdue")
    again = make_posted(giro, "-85.68", merchant="Donau Strom", booked_on=today())
    assert match_payments(today()) == 1
    bill.refresh_from_db()
    assert bill.payment == again


@pytest.mark.parametrize(
    ("amount", "fields", "paid"),
    [
        ("-85.68", {"merchant": "Somebody else"}, 0),
        ("-85.68", {"merchant": "Somebody else", "description": "Invoice 118842"}, 1),
        ("-85.67", {"merchant": "Donau Strom"}, 0),
        ("85.68", {"merchant": "Donau Strom"}, 0),
        ("-85.68", {"merchant": "Donau Strom", "booked_on": -10}, 0),
        ("-85.68", {"merchant": "Donau Strom", "booked_on": -3}, 1),
        ("-85.68", {"merchant": "Donau Strom", "booked_on": 70}, 1),
        ("-85.68", {"merchant": "Donau Strom", "booked_on": 71}, 0),
    ],
)
def test_only_a_payment_pays(
    giro: FinancialAccount, amount: str, fields: dict[str, Any], paid: int
) -> None:
    one(reference="118842")
    booked_on = days(fields.pop("booked_on", 0))
    make_posted(giro, amount, booked_on=booked_on, **fields)
    assert match_payments(days(100)) == paid


def test_a_card_bill_is_paid_into_the_card(giro: FinancialAccount) -> None:
    card = make_account("Visa", kind="credit_card", institution="Deccan Cards")
    bill = one(payee="Deccan Cards", account_id=card.pk)
    # A purchase of the same amount on the card is none.
    make_posted(card, "-85.68", booked_on=today())
    assert match_payments(today()) == 0
    into = make_posted(card, "85.68", booked_on=today(), merchant="Payment received")
    make_posted(giro, "-85.68", booked_on=today(), merchant="Deccan Cards")
    match_payments(today())
    bill.refresh_from_db()
    assert bill.payment == into


def test_one_payment_pays_one_bill_the_nearest(giro: FinancialAccount) -> None:
    first, second = one(due=5), one(due=36)
    make_posted(giro, "-85.68", merchant="Donau Strom", booked_on=days(34))
    assert match_payments(days(40)) == 1
    assert (status(first), status(second)) == ("open", "paid")
    make_posted(giro, "-85.68", merchant="Donau Strom", booked_on=days(6))
    assert match_payments(days(40)) == 1
    assert status(first) == "paid"


def test_matching_reads_the_same_however_many_bills(giro: FinancialAccount) -> None:
    def queries(count: int) -> int:
        enter_many([notice(payee=f"Payee{count}x{n}") for n in range(count)])
        with CaptureQueriesContext(connection) as seen:
            assert match_payments(today()) == 0
        return len(seen)

    # A handful needs no clock of its own; SQLite takes so many values a statement.
    assert queries(20) - queries(2) <= 1


def test_a_person_says_what_paid_it(giro: FinancialAccount) -> None:
    first, second = one(due=5), one(due=36)
    payment = make_posted(giro, "-90.00", merchant="Somebody")
    pay(first.pk, payment.pk)
    assert status(first) == "paid"
    with pytest.raises(WrongState, match="pays another bill"):
        pay(second.pk, payment.pk)
    reopen(first.pk)
    ledger.void(payment.pk)
    with pytest.raises(WrongState, match="Only a posted"):
        pay(second.pk, payment.pk)


# --- Due ------------------------------------------------------------------------------------------


def test_it_is_told_ahead_and_when_overdue_once_each(ledger: Tenant) -> None:
    make_member(ledger)
    bill = one(due=4)
    assert [tell(days(n)) for n in range(8)] == [0, 1, 0, 0, 0, 1, 0, 0]
    assert (notices("bill_due"), notices("bill_overdue")) == ([], ["Donau Strom"])
    change_bill(bill.pk, {"due_on": days(20)})
    assert notices("bill_overdue") == []
    assert tell(days(18)) == 1


def test_filters_and_states_agree(giro: FinancialAccount) -> None:
    gone = one(payee="Gone")
    dismiss(gone.pk)
    paid = one(payee="Paid")
    pay(paid.pk, make_posted(giro).pk)
    voided, wrong = one(payee="Voided", due=-2), make_posted(giro)
    pay(voided.pk, wrong.pk)
    ledger.void(wrong.pk)
    one(payee="Doubtful", doubts=("new_sender",))
    one(payee="Open")
    one(payee="No day", due=None)
    for wanted in BillStatus:
        found = shown(Bill.objects.filter(standing([wanted], today())))
        names = {b.payee for b in found}
        assert names == {b.payee for b in shown(Bill.objects.all())
                         if b.status_on(today()) == wanted}  # fmt: skip
        assert names


# --- API ------------------------------------------------------------------------------------------


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


def test_a_bill_over_the_api(api: APIClient, giro: FinancialAccount) -> None:
    made = api.post(BILLS, {
        "payee": "Dentist", "amount": "126.80", "currency": "EUR", "due_on": str(days(5)),
    })  # fmt: skip
    assert made.status_code == 201, made.content
    assert set(made.json()) == set(BillDetailShape().fields)
    address = f"{BILLS}/{made.json()['id']}"
    assert api.patch(address, {"due_on": str(days(-1))}).json()["status"] == "overdue"
    assert api.post(f"{address}/dismiss").json()["status"] == "dismissed"
    assert api.post(f"{address}/reopen").json()["status"] == "overdue"
    payment = str(make_posted(giro, "-126.80").pk)
    paid = api.post(f"{address}/pay", {"transaction": payment}).json()
    assert (paid["status"], paid["payment"]) == ("paid", payment)
    listed = api.get(BILLS, {"status": ["paid", "open"]}).json()["data"]
    assert [row["id"] for row in listed] == [made.json()["id"]]
    assert api.get(BILLS, {"status": "open"}).json()["data"] == []
    assert api.patch(address, {"amount": "0"}).status_code == 400
    assert api.post(f"{address}/pay", {"transaction": str(uuid.uuid4())}).status_code == 400


def test_what_makes_no_sense_is_refused(ledger: Tenant) -> None:
    for fields, code in (
        ({"payee": ""}, "blank"),
        ({"amount": Money(0, "EUR")}, "amount_out_of_range"),
        ({"account_id": uuid.uuid4()}, "does_not_exist"),
        ({"due_on": date(1800, 1, 1)}, "date_out_of_range"),
    ):
        with pytest.raises(LedgerError) as refused:
            add_bill(**({"payee": "Dentist", "amount": money("1.00")} | fields))
        assert refused.value.code == code


def test_messages_are_shown(api: APIClient) -> None:
    told = notice()
    (bill,) = enter_many([told, replace(told, source=Source("email", "2"))])
    shown_ones = api.get(f"{BILLS}/{bill.pk}").json()["messages"]
    assert {m["id"] for m in shown_ones} == {told.source.id, "2"}
