"""The ledger over REST."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import Role
from finance.accounts import account_number, change_account
from finance.categories import add_category, seed_default_categories
from finance.ledger import draft_of
from finance.models import Category, FinancialAccount, ReviewItem, Transaction
from finance.money import Money
from finance.review import ask
from finance.schemas import (
    AccountShape,
    CategoryShape,
    DashboardShape,
    ReviewItemShape,
    TransactionDetailShape,
    TransactionShape,
)
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import (
    category,
    email_source,
    make_account,
    make_posted,
    make_proposed,
)
from tests.make import make_member

Json = dict[str, Any]
TRANSACTIONS = "/api/v1/transactions"
REVIEW = "/api/v1/review-items"
LISTS = (TRANSACTIONS, REVIEW, "/api/v1/accounts", "/api/v1/categories")


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


@pytest.fixture
def neighbour(stranger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(stranger, email="bob@example.org"))
    return client


def body(account: FinancialAccount, **fields: Any) -> Json:
    return {"account": str(account.pk), "booked_on": "2026-05-20", "amount": "-12.34"} | fields


def faults(response: Any, status: int = 400) -> dict[str | None, str]:
    assert response.status_code == status, response.content
    return {e["field"]: e["code"] for e in response.json()["errors"]} or {
        None: response.json()["code"]
    }


# --- Transactions ---------------------------------------------------------------------------------


def test_a_transaction_is_made_read_changed_and_voided(
    api: APIClient, giro: FinancialAccount
) -> None:
    groceries = str(category("groceries").pk)
    made = api.post(TRANSACTIONS, body(giro, merchant="Corner shop", category=groceries))
    assert made.status_code == 201, made.content
    address = f"{TRANSACTIONS}/{made.json()['id']}"
    read = api.get(address).json()
    assert set(read) == set(TransactionDetailShape().fields)
    assert (read["amount"], read["currency"], read["direction"], read["category_name"]) == (
        "-12.34", "EUR", "out", "Groceries",
    )  # fmt: skip
    changed = api.patch(address, {"amount": "-20", "notes": "cash", "version": 1}).json()
    assert (changed["amount"], changed["notes"], changed["version"]) == ("-20.00", "cash", 2)
    assert faults(api.patch(address, {"notes": "late", "version": 1}), 409) == {
        None: "changed_meanwhile"
    }
    assert faults(api.delete(address), 409) == {None: "posted"}
    assert api.post(f"{address}/void", {"reason": "twice"}).json()["state"] == "void"
    trail = api.get(f"{address}/history").json()["data"]
    assert [change["verb"] for change in trail] == ["void", "edit", "post"]
    assert trail[0]["actor"] == "alice@example.org"


def test_a_proposal_is_withdrawn_by_delete(api: APIClient, giro: FinancialAccount) -> None:
    made = api.post(TRANSACTIONS, body(giro, state="proposed")).json()
    assert api.delete(f"{TRANSACTIONS}/{made['id']}").status_code == 204
    assert api.get(f"{TRANSACTIONS}/{made['id']}").json()["state"] == "void"


def test_an_external_id_is_booked_once(api: APIClient, giro: FinancialAccount) -> None:
    first = api.post(TRANSACTIONS, body(giro, external_id="n-1"))
    again = api.post(TRANSACTIONS, body(giro, external_id="n-1", amount="-99"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_splits_transfers_and_merges(api: APIClient, giro: FinancialAccount) -> None:
    purse = make_account("Purse", kind="cash")
    row = make_posted(giro, "-10.00")
    address = f"{TRANSACTIONS}/{row.pk}"
    splits = [{"amount": "-4.00", "category": str(category("fuel").pk)}, {"amount": "-6.00"}]
    read = api.post(f"{address}/split", {"splits": splits}).json()
    assert [split["amount"] for split in read["splits"]] == ["-4.00", "-6.00"]
    assert read["category"] is None
    assert faults(api.post(f"{address}/split", {"splits": splits[:1]})) == {
        "splits": "splits_do_not_sum"
    }
    linked = api.post(f"{address}/transfer", {"account": str(purse.pk)}).json()
    other = f"{TRANSACTIONS}/{linked['transfer']['transaction_id']}"
    assert api.get(other).json()["transfer"]["transaction_id"] == str(row.pk)
    assert api.delete(f"{address}/transfer").json()["transfer"] is None
    assert faults(api.delete(f"{address}/transfer"), 409) == {None: "not_linked"}
    twin = make_posted(giro, "-10.00")
    assert api.post(f"{address}/merge", {"transaction": str(twin.pk)}).status_code == 200
    assert api.get(f"{TRANSACTIONS}/{twin.pk}").json()["merged_into"] == str(row.pk)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amount": "12,34"}, {"amount": "invalid_amount"}),
        ({"amount": 12.34}, {"amount": "invalid_amount"}),
        ({"amount": "NaN"}, {"amount": "invalid_amount"}),
        ({"amount": "-1.234"}, {"amount": "invalid_amount"}),
        ({"amount": "0"}, {"amount": "zero_amount"}),
        ({"amount": "999999999999999999"}, {"amount": "amount_too_large"}),
        ({"currency": "USD"}, {"currency": "currency_mismatch"}),
        ({"currency": "XXZ"}, {"currency": "invalid_currency"}),
        ({"booked_on": "20.05.2026"}, {"booked_on": "invalid"}),
        ({"account": str(uuid.uuid4())}, {"account": "does_not_exist"}),
        ({"category": str(uuid.uuid4())}, {"category": "does_not_exist"}),
        ({"original_amount": "5"}, {"original_currency": "required"}),
        ({"memo": "x"}, {"memo": "unknown_field"}),
        ({"state": "void"}, {"state": "invalid_choice"}),
        ({"splits": []}, {"splits": "empty"}),
        ({"splits": [{"amount": "x"}]}, {"splits.0.amount": "invalid_amount"}),
    ],
)
def test_bad_fields_are_named_and_nothing_is_booked(
    api: APIClient, giro: FinancialAccount, fields: Json, expected: Json
) -> None:
    assert faults(api.post(TRANSACTIONS, body(giro) | fields)) == expected
    assert not Transaction.objects.exists()


def test_a_closed_account_takes_nothing(api: APIClient, giro: FinancialAccount) -> None:
    change_account(giro.pk, {"is_archived": True})
    assert faults(api.post(TRANSACTIONS, body(giro))) == {"account": "account_closed"}


def test_another_tenants_rows_are_not_there(
    api: APIClient, neighbour: APIClient, giro: FinancialAccount
) -> None:
    row = make_posted(giro)
    item = ReviewItem.objects.get(transaction=make_proposed(giro))
    for method, path in (
        ("get", f"{TRANSACTIONS}/{row.pk}"),
        ("patch", f"{TRANSACTIONS}/{row.pk}"),
        ("delete", f"{TRANSACTIONS}/{row.pk}"),
        ("post", f"{TRANSACTIONS}/{row.pk}/void"),
        ("get", f"{TRANSACTIONS}/{row.pk}/history"),
        ("delete", f"{TRANSACTIONS}/{row.pk}/transfer"),
        ("get", f"{REVIEW}/{item.pk}"),
        ("post", f"{REVIEW}/{item.pk}/accept"),
        ("post", f"{REVIEW}/{item.pk}/dismiss"),
        ("post", f"{REVIEW}/{item.pk}/reopen"),
        ("get", f"/api/v1/accounts/{giro.pk}"),
        ("patch", f"/api/v1/accounts/{giro.pk}"),
        ("get", f"/api/v1/categories/{category('fuel').pk}"),
        ("patch", f"/api/v1/categories/{category('fuel').pk}"),
    ):
        assert getattr(neighbour, method)(path, {}).status_code == 404, (method, path)
    assert faults(neighbour.post(TRANSACTIONS, body(giro))) == {"account": "does_not_exist"}
    for path in (TRANSACTIONS, REVIEW, "/api/v1/accounts", "/api/v1/categories"):
        assert neighbour.get(path).json()["data"] == []
    mine = api.post(f"{TRANSACTIONS}/{row.pk}/transfer", {"transaction": str(uuid.uuid4())})
    assert faults(mine) == {"transaction": "does_not_exist"}


# --- Lists ----------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_repeat(
    api: APIClient, giro: FinancialAccount
) -> None:
    for day in (3, 1, 2, 2, 2, 1, 3):
        make_posted(giro, booked_on=date(2026, 5, day))
    seen: list[Json] = []
    address = f"{TRANSACTIONS}?limit=3"
    while address:
        page = api.get(address).json()
        seen += page["data"]
        address = page["next"]
    assert [row["booked_on"][-1] for row in seen] == list("3322211")
    assert len({row["id"] for row in seen}) == 7
    assert set(seen[0]) == set(TransactionShape().fields)


def test_each_filter_finds_its_own(api: APIClient, giro: FinancialAccount) -> None:
    yen = make_account("Yen", "JPY")
    fuel = make_posted(giro, "-50.00", category_id=category("fuel").pk, merchant="Pump")
    pay = make_posted(giro, "2000.00", event="salary", booked_on=date(2026, 4, 30))
    ramen = make_posted(yen, "-980", merchant="Ramen")
    asked = make_proposed(giro, "-5.00", source=email_source(), notes="50% off")

    def found(query: str) -> set[uuid.UUID]:
        response = api.get(f"{TRANSACTIONS}?{query}")
        assert response.status_code == 200, response.content
        return {uuid.UUID(row["id"]) for row in response.json()["data"]}

    assert found(f"account={giro.pk}") == {fuel.pk, pay.pk, asked.pk}
    assert found(f"category={category('transport').pk}") == {fuel.pk}
    assert found("category=none") == {ramen.pk, asked.pk}
    assert found("state=proposed") == {asked.pk}
    assert found("state=proposed&state=posted") == {fuel.pk, pay.pk, ramen.pk, asked.pk}
    assert found("date_from=2026-04-30&date_to=2026-04-30") == {pay.pk}
    assert found("amount_max=-6") == {fuel.pk, ramen.pk}
    assert found("amount_min=-5.00") == {pay.pk, asked.pk}
    assert found("amount_min=1e49") == set()
    assert found("currency=JPY") == {ramen.pk}
    assert found("event=salary") == {pay.pk}
    assert found("q=pump") == {fuel.pk}
    assert found("q=50%25") == {asked.pk}
    assert found("source_kind=email") == {asked.pk}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("limit=-1", {"limit": "invalid_limit"}),
        ("limit=201", {"limit": "invalid_limit"}),
        ("cursor=x", {"cursor": "invalid_cursor"}),
        ("colour=red", {"colour": "unknown_parameter"}),
        ("account=7", {"account": "invalid"}),
        ("category=food", {"category": "invalid_id"}),
        ("state=lost", {"state": "invalid_choice"}),
        ("date_from=yesterday", {"date_from": "invalid"}),
        ("amount_min=much", {"amount_min": "invalid"}),
        ("currency=EURO", {"currency": "currency"}),
    ],
)
def test_bad_queries_are_refused(
    api: APIClient, giro: FinancialAccount, query: str, expected: Json
) -> None:
    assert faults(api.get(f"{TRANSACTIONS}?{query}")) == expected


@pytest.mark.parametrize("path", LISTS)
def test_a_list_takes_as_many_queries_for_two_rows_as_for_twenty(
    api: APIClient, giro: FinancialAccount, path: str
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as context:
            assert api.get(path).status_code == 200
        return len(context)

    def fill(count: int) -> None:
        for number in range(count):
            make_proposed(giro)
            make_account(f"Account {number}")
            add_category(f"{count} {number}")

    fill(2)
    few = queries()
    fill(18)
    assert queries() == few


# --- Review ---------------------------------------------------------------------------------------


def test_review_lists_reasons_and_takes_decisions(api: APIClient, giro: FinancialAccount) -> None:
    rows = [make_proposed(giro, reasons=[reason]) for reason in ("two_amounts", "forwarded")]
    listed = api.get(f"{REVIEW}?state=open&reason=forwarded").json()["data"]
    assert [item["transaction"]["id"] for item in listed] == [str(rows[1].pk)]
    assert set(listed[0]) == set(ReviewItemShape().fields)
    address = f"{REVIEW}/{listed[0]['id']}"
    accepted = api.post(f"{address}/accept", {"merchant": "Seen", "amount": "-9.99"}).json()
    assert (accepted["state"], accepted["merchant"], accepted["amount"]) == (
        "posted", "Seen", "-9.99",
    )  # fmt: skip
    assert faults(api.post(f"{address}/dismiss"), 409) == {None: "accepted"}
    assert api.post(f"{address}/reopen").json()["state"] == "open"
    assert api.post(f"{address}/dismiss", {"reason": "advert"}).json()["decision_note"] == "advert"
    assert faults(api.post(f"{address}/accept"), 409) == {None: "dismissed"}


def test_a_draft_is_completed_when_it_is_accepted(api: APIClient, giro: FinancialAccount) -> None:
    draft = draft_of(amount=Money(-500, "EUR"), booked_on=date(2026, 5, 1), merchant="Kiosk")
    item = ask(email_source(), draft, ["no_account"])
    assert item is not None
    address = f"{REVIEW}/{item.pk}/accept"
    assert faults(api.post(address)) == {"account": "incomplete"}
    assert faults(api.post(address, {"amount": "-5.00"})) == {"account": "incomplete"}
    dollars = make_account("Dollars", "USD")
    assert faults(api.post(address, {"account": str(dollars.pk)})) == {
        "currency": "currency_mismatch"
    }
    done = api.post(address, {"account": str(giro.pk), "booked_on": "2026-05-02"}).json()
    assert (done["amount"], done["booked_on"], done["merchant"]) == ("-5.00", "2026-05-02", "Kiosk")


def test_many_are_accepted_together_or_not_at_all(api: APIClient, giro: FinancialAccount) -> None:
    for _ in range(3):
        make_proposed(giro)
    ids = [str(pk) for pk in ReviewItem.objects.values_list("pk", flat=True)]
    assert api.post(f"{REVIEW}/accept", {"ids": [*ids, str(uuid.uuid4())]}).status_code == 404
    assert Transaction.objects.filter(state="proposed").count() == 3
    accepted = api.post(f"{REVIEW}/accept", {"ids": ids}).json()["data"]
    assert [row["state"] for row in accepted] == ["posted"] * 3
    assert faults(api.post(f"{REVIEW}/accept", {"ids": []})) == {"ids": "min_length"}


# --- Accounts, categories, dashboard --------------------------------------------------------------


def test_an_account_keeps_its_number_to_itself(api: APIClient) -> None:
    iban = "DE89 3704 0044 0532 0130 00"
    made = api.post(
        "/api/v1/accounts",
        {"name": "Giro", "currency": "EUR", "number": iban, "opening_balance": "100.50"},
    )
    assert made.status_code == 201, made.content
    account = made.json()
    assert set(account) == set(AccountShape().fields)
    assert (account["last_digits"], account["balance"]) == ("3000", "100.50")
    row = FinancialAccount.objects.get()
    assert account_number(row) == iban.replace(" ", "") not in row.number_encrypted
    twin = {"name": "Twin", "currency": "EUR", "number": iban.replace(" ", "")}
    assert faults(api.post("/api/v1/accounts", twin)) == {"number": "taken"}
    address = f"/api/v1/accounts/{account['id']}"
    assert api.patch(address, {"opening_balance": "-1.00"}).json()["balance"] == "-1.00"
    make_posted(row, "-12.34")
    assert api.get(address).json()["balance"] == "-13.34"
    assert faults(api.patch(address, {"currency": "USD"})) == {"currency": "currency_in_use"}
    assert faults(api.patch(address, {"opening_balance": "1.001"})) == {
        "opening_balance": "invalid_amount"
    }


def test_categories_are_a_tree_that_people_change(api: APIClient) -> None:
    listed = api.get("/api/v1/categories?kind=transfer").json()["data"]
    assert [c["name"] for c in listed] == ["Between own accounts", "Card bill payment"]
    assert set(listed[0]) == set(CategoryShape().fields)
    food = category("food")
    made = api.post("/api/v1/categories", {"name": "Bakery", "parent": str(food.pk)})
    assert (made.status_code, made.json()["kind"]) == (201, "expense")
    bakery = f"/api/v1/categories/{made.json()['id']}"
    twin = {"name": "bakery", "parent": str(food.pk)}
    assert faults(api.post("/api/v1/categories", twin)) == {"name": "taken"}
    salary = str(category("salary").pk)
    assert faults(api.patch(bakery, {"parent": salary})) == {"parent": "other_kind"}
    below = {"parent": made.json()["id"]}
    assert faults(api.patch(f"/api/v1/categories/{food.pk}", below)) == {"parent": "category_loop"}
    assert api.patch(bakery, {"name": "Bread", "parent": None}).json()["name"] == "Bread"


def test_the_dashboard_sums_one_month_by_currency(api: APIClient, giro: FinancialAccount) -> None:
    yen = make_account("Yen", "JPY", opening=Money(1000, "JPY"))
    make_posted(giro, "-30.00", category_id=category("fuel").pk)
    make_posted(giro, "5.00", category_id=category("fuel").pk)
    make_posted(giro, "2000.00", event="salary")
    make_posted(giro, "-1.00")
    make_posted(giro, "-400.00", event="card_payment")
    make_posted(yen, "-300")
    make_posted(giro, "-77.00", booked_on=date(2026, 4, 30))
    make_proposed(giro)
    board = api.get("/api/v1/reports/dashboard?month=2026-05").json()
    assert set(board) == set(DashboardShape().fields)
    assert board["flows"] == [
        {"currency": "EUR", "income": "2000.00", "expense": "26.00", "net": "1974.00"},
        {"currency": "JPY", "income": "0", "expense": "300", "net": "-300"},
    ]
    assert [(s["name"], s["amount"], s["currency"]) for s in board["spending"]] == [
        ("Fuel and charging", "25.00", "EUR"), ("", "1.00", "EUR"), ("", "300", "JPY"),
    ]  # fmt: skip
    assert board["net_worth"] == [
        {"amount": "1497.00", "currency": "EUR"}, {"amount": "700", "currency": "JPY"},
    ]  # fmt: skip
    assert board["open_reviews"] == 1
    assert faults(api.get("/api/v1/reports/dashboard?month=2026-13")) == {"month": "invalid"}
    assert api.get("/api/v1/reports/dashboard").status_code == 200


def test_who_may_only_read_does_not_write(ledger: Tenant, giro: FinancialAccount) -> None:
    Role.objects.create(key="reader", name="Reader", permissions=["transactions:read"])
    reader = APIClient()
    reader.force_login(make_member(ledger, role="reader"))
    assert reader.get(TRANSACTIONS).status_code == 200
    assert reader.post(TRANSACTIONS, body(giro)).status_code == 403
    assert reader.get("/api/v1/accounts").status_code == 403
    assert APIClient().get(TRANSACTIONS).status_code == 401


@pytest.mark.parametrize("path", LISTS)
def test_the_browsable_api_shows_lists_and_rows(
    api: APIClient, giro: FinancialAccount, path: str
) -> None:
    make_proposed(giro)
    assert api.get(path, HTTP_ACCEPT="text/html").status_code == 200
    row = api.get(path).json()["data"][0]
    assert api.get(f"{path}/{row['id']}", HTTP_ACCEPT="text/html").status_code == 200


def test_seeding_again_adds_nothing(ledger: Tenant, stranger: Tenant) -> None:
    before = Category.objects.count()
    seed_default_categories()
    assert Category.objects.count() == before > 40
    with tenant_scope(stranger.id):
        assert not Category.objects.exists()
