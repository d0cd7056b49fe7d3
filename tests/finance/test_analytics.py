"""Reports against sums that a child could do."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance.analytics.coverage import Cover, coverage
from finance.analytics.flow import cash_flow
from finance.analytics.oddities import Anomaly, Oddity, anomalies, purchases
from finance.analytics.periods import Period, whole_month
from finance.analytics.serializers import query_of
from finance.analytics.spending import Line, spending_report
from finance.analytics.sums import By
from finance.analytics.worth import forecast, net_worth_over
from finance.exchange.keeping import set_rate
from finance.filters import TransactionFilter
from finance.ledger import Part, split, transfer_to, void
from finance.models import FinancialAccount, Transaction
from finance.money import Money
from finance.months import month_end
from finance.querysets import list_rows
from finance.recurring.templates import Template, add_recurring
from finance.views.transactions import totals
from tenancy.models import Tenant
from tests.finance.make import category, email_source, make_account, make_posted, make_proposed
from tests.make import make_member

NAMES_A_CATEGORY = "tenant_id=? AND category_id=? AND transaction_id=?"
MAY = Period(date(2026, 5, 1), date(2026, 5, 31))
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def in_june(db: None) -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def eur(text: str) -> Money:
    return Money.parse(text, "EUR")


def lines(found: list[Line]) -> dict[str, str]:
    return {line.label: str(line.amount) for line in found}


# --- Periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        ("2026-05-01", "2026-05-31", ("2026-04-01", "2026-04-30")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-01-01", "2026-12-31", ("2025-01-01", "2025-12-31")),
        ("2026-05-02", "2026-05-31", ("2026-04-02", "2026-05-01")),
        ("2024-02-29", "2024-02-29", ("2024-02-28", "2024-02-28")),
    ],
)
def test_the_period_before(since: str, until: str, before: tuple[str, str]) -> None:
    found = Period(date.fromisoformat(since), date.fromisoformat(until)).before()
    assert (found.since.isoformat(), found.until.isoformat()) == before


def test_a_period_is_its_whole_months_and_the_days_around_them() -> None:
    dice = random.Random(2)
    for _ in range(500):
        since = date(2023, 1, 1) + timedelta(dice.randrange(900))
        period = Period(since, since + timedelta(dice.randrange(200)))
        whole, edges = period.parts()
        days = [edge.since + timedelta(n) for edge in edges for n in range(edge.days)]
        if whole:
            inner = Period(whole[0], month_end(whole[1]))
            assert inner.is_whole_months
            days += [inner.since + timedelta(n) for n in range(inner.days)]
        assert sorted(days) == [since + timedelta(n) for n in range(period.days)]


# --- Spending -------------------------------------------------------------------------------------


@pytest.fixture
def household(ledger: Tenant) -> dict[str, Any]:
    """A year and a half of random movements, and the same as plain rows."""
    dice, rows = random.Random(11), list[dict[str, Any]]()
    accounts = [make_account("Giro"), make_account("Card", kind="credit_card")]
    keys = ("groceries", "restaurants", "rent", "salary", "fuel", None)
    for _ in range(150):
        account, key = dice.choice(accounts), dice.choice(keys)
        day = date(2025, 1, 1) + timedelta(dice.randrange(520))
        minor = dice.randrange(100, 9000) * (1 if key == "salary" or dice.random() < 0.15 else -1)
        shop = dice.choice(("Rewe", "Aldi", "Esso"))
        row = make_posted(
            account, str(eur("0.01").decimal * minor), booked_on=day, merchant=shop,
            category_id=category(key).pk if key else None,
        )  # fmt: skip
        rows.append({"day": day, "minor": minor, "key": key, "account": account.pk, "shop": shop})
        if dice.random() < 0.05:
            void(row.pk, "mistake")
            rows.pop()
    make_proposed(accounts[0], "-99", booked_on=date(2026, 5, 5))
    bill = make_posted(accounts[0], "-500", booked_on=date(2026, 5, 20))
    transfer_to(bill.pk, accounts[1].pk)
    return {"rows": rows, "accounts": accounts}


def spent(row: dict[str, Any]) -> int:
    if row["key"] == "salary":
        return 0
    return -int(row["minor"]) if row["key"] or row["minor"] < 0 else 0


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-05-01", "2026-05-31"), ("2026-04-17", "2026-05-03"), ("2026-05-07", "2026-05-09"),
        ("2025-11-30", "2026-03-01"), ("2025-01-01", "2026-06-30"), ("2026-01-31", "2026-02-01"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("by", list(By))
def test_spending_equals_a_sum_by_hand(
    household: dict[str, Any], since: str, until: str, by: By
) -> None:
    period = Period(date.fromisoformat(since), date.fromisoformat(until))
    report = spending_report(period, by)

    def within(p: Period) -> list[dict[str, Any]]:
        return [row for row in household["rows"] if p.since <= row["day"] <= p.until]

    assert report.total.total.minor == sum(map(spent, within(period)))
    assert report.before.total.minor == sum(map(spent, within(period.before())))
    for account in household["accounts"]:
        alone = spending_report(period, by, account.pk).total.total.minor
        assert alone == sum(spent(r) for r in within(period) if r["account"] == account.pk)
    keyed: dict[Any, int] = defaultdict(int)
    for row in within(period):
        found = {
            By.MERCHANT: row["shop"], By.ACCOUNT: row["account"],
            By.CATEGORY: category(row["key"]).pk if row["key"] else None,
        }[by]  # fmt: skip
        keyed[found] += spent(row)
    got = {line.key: line.amount.minor for line in report.lines}
    for key, minor in keyed.items():
        assert got.get(key, 0) == minor, key


def test_a_category_holds_all_below_it(ledger: Tenant, giro: FinancialAccount) -> None:
    food = category("food")
    for key, amount in (("groceries", "-30"), ("restaurants", "-20"), ("food", "-5")):
        make_posted(giro, amount, category_id=category(key).pk)
    assert category("groceries").parent_id == food.pk
    found = lines(spending_report(MAY).lines)
    assert found["Groceries"] == "30.00"
    assert found[food.label] == "55.00"
    assert str(spending_report(MAY).total.total) == "55.00"
    assert {line.label: line.count for line in spending_report(MAY).lines}[food.label] == 3


def test_transfers_and_card_bills_are_never_spending(
    ledger: Tenant, giro: FinancialAccount
) -> None:
    card = make_account("Card", kind="credit_card")
    make_posted(card, "-80", merchant="Rewe", category_id=category("groceries").pk)
    bill = make_posted(giro, "-80", merchant="Card bill")
    assert str(spending_report(MAY).total.total) == "160.00"
    transfer_to(bill.pk, card.pk)
    for by in By:
        report = spending_report(MAY, by)
        assert (str(report.total.total), sum(line.amount.minor for line in report.lines if not
                line.parent and line.amount.minor)) in [("80.00", 8000)]  # fmt: skip
    flow = cash_flow(MAY)
    assert (str(flow.whole.income), str(flow.whole.spent)) == ("0.00", "80.00")
    assert not [a for a in anomalies(MAY, spending_report(MAY)) if a.label == "Card bill"]


def test_splits_are_counted_each_where_they_belong(ledger: Tenant, giro: FinancialAccount) -> None:
    row = make_posted(giro, "-30")
    split(
        row.pk, [Part(eur("-10"), category("groceries").pk), Part(eur("-20"), category("fuel").pk)]
    )
    found = lines(spending_report(MAY).lines)
    assert (found["Groceries"], found[category("fuel").label]) == ("10.00", "20.00")


def test_the_usual_is_the_average_of_the_months_that_there_are(
    ledger: Tenant, giro: FinancialAccount
) -> None:
    assert spending_report(MAY).usual is None
    for month in (2, 3, 4):
        make_posted(giro, f"-{month * 10}", booked_on=date(2026, month, 11))
    assert spending_report(MAY).usual == eur("30")
    two = Period(date(2026, 5, 1), date(2026, 6, 30))
    assert spending_report(two).usual == eur("60")
    assert spending_report(MAY).before.total == eur("40")


def test_foreign_spending_is_converted_and_what_has_no_rate_told_apart(ledger: Tenant) -> None:
    set_rate("USD", "EUR", Decimal("0.5"), date(2026, 5, 31))
    set_rate("USD", "EUR", Decimal("0.25"), date(2026, 6, 1))
    dollars, francs = make_account("Dollars", "USD"), make_account("Francs", "CHF")
    make_posted(dollars, "-10", category_id=category("groceries").pk)
    make_posted(francs, "-7")
    report = spending_report(MAY)
    assert (str(report.total.total), report.total.left_out) == ("5.00", [Money(700, "CHF")])
    assert [(r.base, r.valid_on) for r in report.total.rates] == [("USD", date(2026, 5, 31))]


def test_reports_cost_a_fixed_number_of_queries(household: dict[str, Any]) -> None:
    set_rate("USD", "EUR", Decimal("0.5"), date(2025, 1, 1))
    make_posted(make_account("Dollars", "USD"), "-10", booked_on=date(2026, 5, 3))
    wide = Period(date(2025, 1, 14), date(2026, 6, 12))
    for name, most, report in (
        ("spending", 13, lambda: spending_report(wide)),
        ("by merchant", 8, lambda: spending_report(wide, By.MERCHANT)),
        ("flow", 8, lambda: cash_flow(wide)),
        ("worth", 9, lambda: net_worth_over(date(2025, 1, 1), date(2026, 6, 15))),
        ("forecast", 8, forecast),
        ("coverage", 5, lambda: coverage(date(2025, 1, 1), date(2026, 6, 15))),
    ):
        with CaptureQueriesContext(connection) as queries:
            report()
        assert len(queries) <= most, (name, len(queries))


# --- Income, flow, worth, forecast ----------------------------------------------------------------


def test_cash_flow_by_month_and_its_two_sides(ledger: Tenant, giro: FinancialAccount) -> None:
    make_posted(giro, "1000", booked_on=date(2026, 4, 28), category_id=category("salary").pk)
    make_posted(giro, "-300", booked_on=date(2026, 4, 30), category_id=category("rent").pk)
    make_posted(giro, "-50", booked_on=date(2026, 5, 1), category_id=category("groceries").pk)
    make_posted(giro, "70", booked_on=date(2026, 5, 2), category_id=category("fuel").pk)
    flow = cash_flow(Period(date(2026, 4, 1), date(2026, 5, 31)))
    assert [(str(m.income), str(m.spent), m.saving_rate) for m in flow.months] == [
        ("1000.00", "300.00", Decimal("70.0")), ("0.00", "-20.00", None),
    ]  # fmt: skip
    assert flow.whole.saved == eur("720")
    assert flow.whole.saving_rate == Decimal("72.0")
    # More fuel was refunded than bought: it flows in.
    assert len(flow.sources) == 2
    into, out = (sum(s.amount.minor for s in side) for side in (flow.sources, flow.uses))
    assert into == out + flow.whole.saved.minor


def test_net_worth_at_month_ends_by_the_rates_of_those_days(ledger: Tenant) -> None:
    giro = make_account("Giro", opening=eur("100"), opening_on=date(2026, 4, 10))
    dollars = make_account("Dollars", "USD", opening=Money(1000, "USD"))
    set_rate("USD", "EUR", Decimal("0.5"), date(2026, 4, 1))
    set_rate("USD", "EUR", Decimal("0.8"), date(2026, 5, 31))
    make_posted(giro, "-10", booked_on=date(2026, 5, 31))
    found = net_worth_over(date(2026, 3, 1), date(2026, 6, 15))
    assert [(w.day, str(w.total.total)) for w in found] == [
        (date(2026, 3, 31), "0.00"), (date(2026, 4, 30), "105.00"), (date(2026, 5, 31), "98.00"),
        (date(2026, 6, 15), "98.00"),
    ]  # fmt: skip
    assert found[0].total.left_out == [Money(1000, "USD")]
    assert dollars.currency == "USD"


def test_the_forecast_adds_what_is_still_due_this_month(ledger: Tenant) -> None:
    giro = make_account("Giro", opening=eur("1000"))
    for name, amount, day in (("Rent", "-400", 20), ("Salary", "900", 30), ("Gym", "-9", 3)):
        add_recurring(Template(name, giro.pk, eur(amount), date(2026, 6, day)))
    add_recurring(Template("Next", giro.pk, eur("-1"), date(2026, 7, 1)))
    found = forecast()
    assert (found.today, found.until) == (date(2026, 6, 15), date(2026, 6, 30))
    assert [h.recurring.name for h in found.expected] == ["Rent", "Salary"]
    [account] = found.accounts
    assert account.then == found.total.total == eur("1500")


# --- Oddities and coverage ------------------------------------------------------------------------


def found(period: Period = MAY) -> dict[Oddity, list[Anomaly]]:
    by_kind: dict[Oddity, list[Anomaly]] = defaultdict(list)
    for one in anomalies(period, spending_report(period)):
        by_kind[one.kind].append(one)
    return by_kind


def test_a_purchase_far_over_a_merchants_usual(ledger: Tenant, giro: FinancialAccount) -> None:
    for n in range(8):
        make_posted(giro, f"-{50 + n}", merchant="Rewe", booked_on=date(2026, 3, n + 1))
    make_posted(giro, "-70", merchant="Rewe", booked_on=date(2026, 5, 3))
    assert not found()
    odd = make_posted(giro, "-500", merchant="Rewe", booked_on=date(2026, 5, 4))
    [one] = found()[Oddity.LARGE_FOR_MERCHANT]
    assert (one.transaction_id, one.amount, one.count) == (odd.pk, eur("500"), 8)
    assert 5000 < one.usual.minor < 6000


def test_a_large_purchase_where_nothing_was_bought_before(
    ledger: Tenant, giro: FinancialAccount
) -> None:
    for n in range(8):
        make_posted(giro, f"-{50 + n}", merchant="Rewe", booked_on=date(2026, 3, n + 1))
    make_posted(giro, "-60", merchant="Kiosk")
    make_posted(giro, "-600", merchant="Gold & Silver")
    assert [one.label for one in found()[Oddity.LARGE_NEW_MERCHANT]] == ["Gold & Silver"]


def test_the_same_twice_on_one_day_is_told_and_left_alone(
    ledger: Tenant, giro: FinancialAccount
) -> None:
    for _ in range(2):
        make_posted(giro, "-10", merchant="Tram")
    make_posted(giro, "-10", merchant="Tram", booked_on=date(2026, 5, 21))
    [one] = found()[Oddity.SAME_TWICE]
    assert (one.count, one.usual, one.amount) == (2, eur("10"), eur("20"))


def test_a_category_far_over_its_usual(ledger: Tenant, giro: FinancialAccount) -> None:
    for month in (2, 3, 4):
        make_posted(giro, "-100", booked_on=date(2026, month, 5), category_id=category("fuel").pk)
        make_posted(giro, "-900", booked_on=date(2026, month, 5), category_id=category("rent").pk)
    make_posted(giro, "-160", booked_on=date(2026, 5, 5), category_id=category("fuel").pk)
    make_posted(giro, "-900", booked_on=date(2026, 5, 5), category_id=category("rent").pk)
    # Its parent is odd by it alone, and not told as well.
    assert [one.category_id for one in found()[Oddity.CATEGORY_UP]] == [category("fuel").pk]


def test_coverage_shows_where_messages_failed_to_come(ledger: Tenant) -> None:
    giro, quiet = make_account("Giro"), make_account("Quiet")
    for month, count in ((1, 4), (2, 4), (3, 0), (4, 5), (5, 1), (6, 1)):
        for n in range(count):
            source = email_source() if n else None
            make_posted(giro, f"-{n + 1}", booked_on=date(2026, month, n + 1), source=source)
    covered = {one.account.pk: one for one in coverage(date(2025, 12, 1), date(2026, 6, 15))}
    assert [m.state for m in covered[giro.pk].months] == [
        Cover.UNJUDGED, Cover.USUAL, Cover.USUAL, Cover.GAP, Cover.USUAL, Cover.THIN, Cover.RUNNING,
    ]  # fmt: skip
    assert (covered[giro.pk].usual, covered[giro.pk].is_whole) == (4.0, False)
    assert covered[giro.pk].months[1].from_messages == 3
    assert {m.state for m in covered[quiet.pk].months} == {Cover.UNJUDGED, Cover.RUNNING}


# --- Over REST ------------------------------------------------------------------------------------


@pytest.fixture
def api(ledger: Tenant) -> APIClient:
    client = APIClient()
    client.force_login(make_member(ledger))
    return client


def test_every_figure_lists_its_transactions(api: APIClient, household: dict[str, Any]) -> None:
    asked = {"date_from": "2026-03-10", "date_to": "2026-05-31"}
    for by in By:
        report = api.get("/api/v1/reports/spending", asked | {"by": by.value}).json()
        for line in report["lines"]:
            rows = api.get("/api/v1/transactions", dict(parse_qsl(line["query"])) | {"limit": 200})
            assert rows.status_code == 200, line
            parents = {other["parent"] for other in report["lines"]}
            if by is By.CATEGORY and line["key"] and line["key"] not in parents:
                whole = -sum(Decimal(row["amount"]) for row in rows.json()["data"])
                assert whole == Decimal(line["amount"]), line
                assert len(rows.json()["data"]) == line["count"]


def test_reports_over_rest(api: APIClient, household: dict[str, Any]) -> None:
    flow = api.get("/api/v1/reports/cash-flow", {"date_from": "2026-05-01"}).json()
    assert [month["month"] for month in flow["months"]] == ["2026-05-01", "2026-06-01"]
    assert len(api.get("/api/v1/reports/net-worth").json()["data"]) == 12
    assert api.get("/api/v1/reports/forecast").json()["until"] == "2026-06-30"
    assert api.get("/api/v1/reports/anomalies").status_code == 200
    cover = api.get("/api/v1/reports/coverage").json()["data"]
    assert [len(one["months"]) for one in cover] == [12, 12]
    for wrong in (
        {"date_from": "2026-05-02", "date_to": "2026-05-01"},
        {"since": "2026-05-01"},
        {"date_from": "1000-01-01"},
        {"by": "moon"},
        {"account": str(uuid.uuid4())},
    ):
        assert api.get("/api/v1/reports/spending", wrong).status_code == 400, wrong


@pytest.mark.parametrize(
    ("zone", "month"), [("America/New_York", "2026-01-01"), ("Asia/Tokyo", "2026-02-01")]
)
def test_this_month_is_the_tenants(ledger: Tenant, api: APIClient, zone: str, month: str) -> None:
    ledger.time_zone = zone
    ledger.save()
    with time_machine.travel(datetime(2026, 2, 1, 3, tzinfo=UTC), tick=False):
        report = api.get("/api/v1/reports/spending").json()
    assert report["date_from"] == month
    assert report["date_to"] == month_end(date.fromisoformat(month)).isoformat()


def test_a_query_names_the_days_and_the_state() -> None:
    assert query_of(whole_month(date(2026, 2, 3)), account=None) == (
        "state=posted&date_from=2026-02-01&date_to=2026-02-28"
    )


@pytest.mark.sqlite
def test_a_large_ledger_is_read_by_its_indexes(giro: FinancialAccount) -> None:
    """Each of these read all splits for each transaction once: minutes among 100,000."""
    groceries = category("groceries")
    make_posted(giro, "-5.00", category_id=groceries.pk)
    assert NAMES_A_CATEGORY in purchases(MAY).explain()
    of_category = TransactionFilter({"category": str(groceries.pk)}, Transaction.objects.all()).qs
    assert NAMES_A_CATEGORY in list_rows(of_category).explain()
    with CaptureQueriesContext(connection) as asked:
        totals(Transaction.objects.all())
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked.captured_queries[-1]['sql']}")
        plan = " ".join(str(row[3]) for row in cursor.fetchall())
    assert "COVERING INDEX finance_transaction_sums" in plan
