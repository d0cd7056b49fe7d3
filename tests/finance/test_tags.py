"""Tags and what happens only once, at their doors."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger
from finance.analytics.periods import Period
from finance.analytics.spending import spending_report
from finance.budgets.plans import Plan, add_budget
from finance.budgets.status import statuses
from finance.errors import LedgerError, UnknownReference
from finance.ledger.batches import edit_many, undo
from finance.ledger.tagging import tags_of
from finance.models import FinancialAccount, LedgerChange, Tag, Transaction
from finance.money import Money
from finance.query import matching
from finance.tags import add_tag, join_tags, remove_tag, rename_tag, tags_named
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import Actor, current_tenant_id, tenant_scope
from tests.finance.make import category, make_posted
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


def found(query: str) -> list[str]:
    rows = matching(Transaction.objects.all(), query)
    return sorted(rows.values_list("merchant", flat=True))


def names(row: Transaction) -> list[str]:
    return list(row.taggings.order_by("tag__name").values_list("tag__name", flat=True))


def test_a_transaction_carries_tags_and_its_trail_says_so(giro: FinancialAccount) -> None:
    row, holiday = make_posted(giro), add_tag("Holiday")
    ledger.edit(row.pk, {"tags": frozenset((holiday.pk,))})
    row.refresh_from_db()
    assert (names(row), row.locked.count("tags"), row.version) == (["Holiday"], 1, 2)
    change = LedgerChange.objects.get(subject_id=row.pk, version=2)
    assert (change.before["tags"], change.after["tags"]) == ([], [str(holiday.pk)])
    ledger.edit(row.pk, {"tags": frozenset((holiday.pk,))})
    with tenant_scope(current_tenant_id(), actor=Actor("job")):
        ledger.edit(row.pk, {"remove_tags": frozenset((holiday.pk,))})
    assert names(row) == ["Holiday"], "a person has set it"
    with pytest.raises(UnknownReference):
        ledger.edit(row.pk, {"add_tags": frozenset((giro.pk,))})
    assert not any(verify_ledger().values())


def test_many_get_and_lose_tags_at_once_and_back(giro: FinancialAccount) -> None:
    rows = [make_posted(giro, f"-{n + 1}.00") for n in range(20)]
    old, new = add_tag("old"), add_tag("new")
    ledger.edit(rows[0].pk, {"tags": frozenset((old.pk,))})
    changes: ledger.Changes = {
        "add_tags": frozenset((new.pk,)), "remove_tags": frozenset((old.pk,)), "is_one_time": True,
    }  # fmt: skip
    with CaptureQueriesContext(connection) as few:
        edited = edit_many({row.pk: changes for row in rows}, "Bulk")
    assert (edited.changed, len(few) < 30) == (20, True)
    assert {tags_of(row) for row in rows} == {frozenset((new.pk,))}
    assert Transaction.objects.filter(is_one_time=True).count() == 20
    assert edited.batch is not None
    assert undo(edited.batch.pk) == (20, 0)
    assert [names(row) for row in rows[:2]] == [["old"], []]
    assert not Transaction.objects.filter(is_one_time=True).exists()
    with pytest.raises(UnknownReference):
        edit_many({rows[0].pk: {"add_tags": frozenset((giro.pk,))}}, "Bulk")


def test_undoing_leaves_out_tags_that_are_gone(giro: FinancialAccount) -> None:
    row, tag = make_posted(giro), add_tag("gone")
    ledger.edit(row.pk, {"tags": frozenset((tag.pk,))})
    edited = edit_many({row.pk: {"remove_tags": frozenset((tag.pk,)), "notes": "x"}}, "Bulk")
    remove_tag(tag.pk)
    assert edited.batch is not None
    assert undo(edited.batch.pk) == (1, 0)
    row.refresh_from_db()
    assert (names(row), row.notes) == ([], "")


def test_names_are_kept_apart_whatever_their_case(giro: FinancialAccount) -> None:
    summer = add_tag("  Été   25 ")
    assert summer.name == "Été 25"
    for wrong in ("ÉTÉ 25", "", " , ", "none", "x" * 61):
        with pytest.raises(LedgerError):
            add_tag(wrong)
    assert rename_tag(summer.pk, "été 25").name == "été 25"
    assert tags_named(["ÉTÉ 25", "Beach", "beach", " "]) == frozenset(
        Tag.objects.values_list("pk", flat=True)
    )
    assert Tag.objects.count() == 2


def test_joining_and_removing_leave_a_trail(giro: FinancialAccount) -> None:
    row, void = make_posted(giro), make_posted(giro)
    trip, travel = add_tag("trip"), add_tag("travel")
    for each in (row, void):
        ledger.edit(each.pk, {"tags": frozenset((trip.pk,))})
    ledger.void(void.pk)
    join_tags(trip.pk, travel.pk)
    assert (names(row), list(Tag.objects.all())) == (["travel"], [travel])
    assert LedgerChange.objects.filter(note="Tag: trip → travel").count() == 1
    with pytest.raises(LedgerError):
        join_tags(travel.pk, travel.pk)
    remove_tag(travel.pk)
    assert (names(row), Tag.objects.exists()) == ([], False)
    assert LedgerChange.objects.filter(note="Tag removed: travel").count() == 1
    assert not any(verify_ledger().values())


def test_queries_know_tags(giro: FinancialAccount) -> None:
    beach, flat = (make_posted(giro, merchant=name) for name in ("Beach bar", "Flat"))
    ledger.edit(beach.pk, {"tags": tags_named(["Summer trip"]), "is_one_time": True})
    assert found('tag:"summer trip"') == found("has:tag") == found("is:once") == ["Beach bar"]
    assert found("tag:none") == found("-has:tag") == [flat.merchant]
    assert found("tag:summer") == []


def test_what_happens_once_is_in_no_average(giro: FinancialAccount) -> None:
    food = category("groceries").pk
    for month in (3, 4, 5):
        make_posted(giro, "-30.00", booked_on=date(2026, month, 3), category_id=food)
    roof = make_posted(giro, "-900.00", booked_on=date(2026, 4, 9), category_id=food)
    may = Period(date(2026, 5, 1), date(2026, 5, 31))
    usual = spending_report(may).usual
    assert usual is not None
    assert usual.minor > 40_000
    food_budget = add_budget(Plan("Food", Money(10_000, "EUR"), date(2026, 1, 1)))
    ledger.edit(roof.pk, {"is_one_time": True})
    report = spending_report(may)
    assert (report.usual, report.before.total) == (Money(3_000, "EUR"), Money(93_000, "EUR"))
    from_budget = statuses([food_budget], date(2026, 5, 20))[0]
    assert [spent.minor for _, spent in from_budget.history[:2]] == [3_000, 3_000]
    assert statuses([food_budget], date(2026, 4, 20))[0].spent == Money(93_000, "EUR")


def test_the_api_gives_and_takes_tags(giro: FinancialAccount) -> None:
    access = start_session(make_member(Tenant.objects.get(pk=giro.tenant_id))).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    tag = api.post("/api/v1/tags", {"name": "trip"}, format="json")
    assert tag.status_code == 201
    taken = api.post("/api/v1/tags", {"name": "TRIP"}, format="json")
    assert (taken.status_code, taken.json()["code"]) == (400, "name_taken")
    body = {"account": str(giro.pk), "booked_on": "2026-05-03", "amount": "-9.00",
            "tags": [tag.json()["id"]], "is_one_time": True}  # fmt: skip
    made = api.post("/api/v1/transactions", body, format="json").json()
    assert (made["tags"], made["is_one_time"]) == ([{"id": tag.json()["id"], "name": "trip"}], True)
    assert api.get("/api/v1/transactions", {"q": "tag:trip"}).json()["data"][0]["tags"]
    url = f"/api/v1/transactions/{made['id']}"
    assert api.patch(url, {"tags": []}, format="json").json()["tags"] == []
    many = {"q": "amount:9", "add_tags": [tag.json()["id"]], "is_one_time": False}
    assert api.post("/api/v1/transactions/batch", many, format="json").json()["changed"] == 1
    other = api.post("/api/v1/tags", {"name": "travel"}, format="json").json()
    joined = api.post(f"/api/v1/tags/{tag.json()['id']}/join", {"into": other["id"]}, format="json")
    assert joined.json()["name"] == "travel"
    assert [each["name"] for each in api.get(url).json()["tags"]] == ["travel"]
    assert api.patch(f"/api/v1/tags/{other['id']}", {"name": "x"}, format="json").status_code == 200
    assert api.delete(f"/api/v1/tags/{other['id']}").status_code == 204
    assert api.get(url).json()["tags"] == []


def test_the_page_shows_and_sets_tags(giro: FinancialAccount) -> None:
    browser, row = member(Tenant.objects.get(pk=giro.tenant_id)), make_posted(giro)
    form = {"merchant": row.merchant, "tags": "Trip, to refund", "is_one_time": "on",
            "notes": ""}  # fmt: skip
    shown = browser.post(f"/transactions/{row.pk}/", form).content.decode()
    assert "Trip, to refund" in shown
    row.refresh_from_db()
    assert (names(row), row.is_one_time) == (["Trip", "to refund"], True)
    assert 'dir="auto">to refund<' in browser.get("/transactions/").content.decode()
    wrong = browser.post(f"/transactions/{row.pk}/", form | {"tags": "x" * 61})
    assert (wrong.status_code, "at most 60" in wrong.content.decode()) == (422, True)
