"""The query language, at its doors."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger
from finance.models import Transaction
from finance.query import QueryError, matching
from finance.query.parsing import All, Not, Term, parse
from finance.query.parsing import Any as Either
from tenancy.models import Tenant
from tests.finance.make import category, email_source, make_account, make_posted, make_proposed
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def books(ledger: Tenant) -> Tenant:
    giro = make_account("Giro", number="4417", institution="Nordbank")
    card = make_account("Old Visa", kind="credit_card")
    yen = make_account("Yen", "JPY")
    food, rent = category("groceries").pk, category("rent").pk
    make_posted(giro, "-4.20", merchant="Café Lumo", category_id=food, booked_on=date(2026, 5, 3),
                notes="with Ann", source=email_source())  # fmt: skip
    make_posted(card, "-50.00", merchant="Corner shop", booked_on=date(2026, 4, 30),
                description="Invoice 7:8")  # fmt: skip
    make_posted(giro, "-900.00", merchant="Haus", category_id=rent, booked_on=date(2025, 5, 1))
    make_posted(yen, "1280", merchant="Refund", booked_on=date(2026, 5, 20))
    make_proposed(giro, "-7.00", merchant="Maybe")
    void(make_posted(giro, "-1.00", merchant="Wrong"))
    return ledger


def void(row: Transaction) -> None:
    ledger.void(row.pk)


def found(query: str) -> set[str]:
    return set(matching(Transaction.objects.all(), query).values_list("merchant", flat=True))


def test_evidence_is_also_what_was_merged_into_it(books: Tenant) -> None:
    giro = make_account("Giro 2")
    stated, told = make_posted(giro, merchant="Stated"), make_posted(giro, source=email_source())
    assert "Stated" not in found("has:evidence")
    ledger.merge(stated.pk, told.pk)
    assert "Stated" in found("has:evidence is:posted")
    ledger.unmerge(told.pk)
    assert "Stated" not in found("has:evidence")


@pytest.mark.parametrize(
    ("query", "merchants"),
    [
        ("café", {"Café Lumo"}),
        ('"corner shop"', {"Corner shop"}),
        ("shop corner", {"Corner shop"}),
        ('"7:8"', {"Corner shop"}),
        ("4.20", {"Café Lumo"}),
        ("4,2", {"Café Lumo"}),
        ("4", {"Café Lumo"}),
        ("1280 refund", {"Refund"}),
        ("NOT 900 is:posted", {"Café Lumo", "Corner shop", "Refund"}),
        ("-900", {"Haus"}),
        ("-1280", set()),
        ("4.2000", set()),
        ("lumo OR haus", {"Café Lumo", "Haus"}),
        ("(lumo OR haus) -account:nordbank", set()),
        ("account:4417 is:posted", {"Café Lumo", "Haus"}),
        ('account:"old visa"', {"Corner shop"}),
        ("amount>=50 is:out", {"Corner shop", "Haus"}),
        ("amount>50 is:out", {"Haus"}),
        ("amount=4,20", {"Café Lumo"}),
        ("amount:4..7", {"Café Lumo", "Maybe"}),
        ("amount<5 state:posted", {"Café Lumo"}),
        ("amount>1000", {"Refund"}),
        ("date:2026-04", {"Corner shop"}),
        ("date:2025", {"Haus"}),
        ("date<2026", {"Haus"}),
        ("date>2026-05-19 is:in", {"Refund"}),
        ("date:2026-04-30..2026-05-03", {"Corner shop", "Café Lumo"}),
        ("category:groceries", {"Café Lumo"}),
        ("category:none is:posted", {"Corner shop", "Refund"}),
        ("has:category is:posted", {"Café Lumo", "Haus"}),
        ("merchant:corn", {"Corner shop"}),
        ("note:ann", {"Café Lumo"}),
        ("has:evidence", {"Café Lumo"}),
        ("currency:jpy", {"Refund"}),
        ("is:void", {"Wrong"}),
        ("state:proposed", {"Maybe"}),
        ("NOT (is:void OR is:proposed) NOT date:2026", {"Haus"}),
        ("", {"Café Lumo", "Corner shop", "Haus", "Refund", "Maybe", "Wrong"}),
        ("AMOUNT>=900", {"Haus", "Refund"}),
        ("-4", {"Café Lumo"}),
    ],
)
def test_a_query_finds(books: Tenant, query: str, merchants: set[str]) -> None:
    assert found(query) == merchants


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("(coffee", 0, "not closed"),
        ("coffee)", 6, "not opened"),
        ('say "hello', 4, "quotation"),
        ('merchant:"hello', 9, "quotation"),
        ("OR coffee", 0, "before OR"),
        ("coffee OR", 7, "after OR"),
        ("coffee AND", 7, "beside AND"),
        ("NOT", 0, "after NOT"),
        ("colour:red", 0, "no field"),
        ("a date:tomorrowish", 2, "try date:2026-05"),
        ("date:2026-13", 0, "try date"),
        ("amount>much", 0, "try amount"),
        ("amount>nan", 0, "try amount"),
        ("is:blue", 0, "knows in, out"),
        ("account>giro", 0, "takes"),
        ("state:gone", 0, "try state"),
        ("(" * 40 + "a" + ")" * 40, 21, "too deeply"),
        ("a" * 501, 500, "too long"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    books: Tenant, query: str, position: int, says: str
) -> None:
    with pytest.raises(QueryError, match=says) as told:
        found(query)
    assert told.value.position == position


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture],
          deadline=None)  # fmt: skip
@given(st.text(st.sampled_from('ab:"()-<>=!. ORANDT12é\0'), max_size=60))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)


def test_the_tree_is_as_the_grammar_says() -> None:
    a, b, c = (Term("", ":", word, at) for word, at in (("a", 0), ("b", 2), ("c", 7)))
    assert parse("a b OR c") == Either((All((a, b)), Term("", ":", "c", 7)))
    assert parse("-x") == Not(Term("", ":", "x", 1))
    assert parse("-5") == Term("", ":", "-5", 0)
    assert parse("a b OR c") == parse("a b OR c")
    assert c.value == "c"


def test_the_api_takes_a_query_and_says_what_is_wrong_with_it(books: Tenant) -> None:
    api = APIClient(headers={
        "Authorization": f"Bearer {start_session(make_member(books)).access}"
    })  # fmt: skip
    rows = api.get("/api/v1/transactions", {"q": "amount>=50 is:out"}).json()["data"]
    assert {row["merchant"] for row in rows} == {"Corner shop", "Haus"}
    wrong = api.get("/api/v1/transactions", {"q": "colour:red"})
    assert wrong.status_code in (400, 422)
    assert wrong.json()["code"] == "invalid_query"


def test_the_page_takes_a_query_and_keeps_what_was_typed(books: Tenant) -> None:
    browser = member(books)
    html = browser.get("/transactions/", {"search": "is:out amount>=50"}).content.decode()
    assert "Corner shop" in html
    assert "Café Lumo" not in html
    wrong = browser.get("/transactions/", {"search": "(oops"})
    assert wrong.status_code == 422
    assert "A bracket is not closed" in wrong.content.decode()
    assert 'value="(oops"' in wrong.content.decode()
    assert "Wrong" not in browser.get("/transactions/", {"search": "amount=1"}).content.decode()
    assert "Wrong" in browser.get("/transactions/", {"search": "is:void"}).content.decode()


def test_the_command_lists_what_matches(books: Tenant) -> None:
    out = io.StringIO()
    call_command("find_transactions", "date:2025", tenant=str(books.pk), stdout=out)
    assert "-900.00 EUR" in out.getvalue()
    with pytest.raises(CommandError, match="character 1"):
        call_command("find_transactions", "(a", tenant=str(books.pk))


def test_a_query_is_one_statement(books: Tenant, django_assert_num_queries: Any) -> None:
    # The currencies, the zone, and the rows; on SQLite how many hold the text, too.
    with django_assert_num_queries(3 + (connection.vendor == "sqlite")):
        found("amount>5 (lumo OR -is:transfer) has:note date:2026")
    assert connection.vendor in ("sqlite", "postgresql")
