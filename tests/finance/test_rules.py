"""Rules, bulk edits, and taking them back."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger
from finance.errors import LedgerError
from finance.ledger import Part
from finance.ledger.batches import edit_many, undo
from finance.models import EditBatch, FinancialAccount, LedgerChange, Rule, Transaction
from finance.money import Money
from finance.query import QueryError
from finance.rules.keeping import order_rules, save_rule
from finance.rules.running import candidates, preview, run, run_on_new
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import Actor, current_tenant_id, tenant_scope
from tests.finance.make import category, make_account, make_posted
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


@pytest.fixture
def giro(ledger: Tenant) -> FinancialAccount:
    return make_account()


def category_of(row: Transaction) -> Any:
    return row.splits.get().category


def rule(query: str, **fields: Any) -> Rule:
    return save_rule(Rule(), name=query, query=query, **fields)


def machine_posted(account: FinancialAccount, amount: str, **fields: Any) -> Transaction:
    """As a message books it: nothing is locked."""
    with tenant_scope(current_tenant_id(), actor=Actor("job")):
        return make_posted(account, amount, **fields)


def test_many_are_changed_in_one_go_and_brought_back(giro: FinancialAccount) -> None:
    rows = [machine_posted(giro, f"-{n + 1}.00", merchant="Cafe") for n in range(20)]
    food = category("groceries")
    with CaptureQueriesContext(connection) as few:
        edited = edit_many(
            {row.pk: {"category_id": food.pk, "merchant": "Café Lumo"} for row in rows}, "Bulk"
        )
    assert (edited.changed, edited.skipped) == (20, ())
    assert len(few) < 30, "the same for twenty as for two"
    assert {category_of(row) for row in rows} == {food}
    assert "merchant" in Transaction.objects.filter(merchant="Café Lumo")[0].locked
    assert LedgerChange.objects.filter(verb="edit", note="Bulk").count() == 20
    assert not any(verify_ledger().values())
    assert edited.batch is not None
    ledger.edit(rows[0].pk, {"notes": "mine"})
    assert undo(edited.batch.pk) == (19, 1)
    assert undo(edited.batch.pk) == (0, 0)
    assert Transaction.objects.filter(merchant="Cafe", locked=[]).count() == 19
    assert category_of(rows[0]) == food
    assert category_of(rows[1]) is None
    assert not any(verify_ledger().values())


def test_what_cannot_take_it_is_named_and_the_others_change(giro: FinancialAccount) -> None:
    plain, split, gone, out, into = (make_posted(giro, "-2.00") for _ in range(5))
    into = make_posted(make_account("Savings"), "2.00")
    ledger.split(split.pk, [Part(Money.parse("-1.00", "EUR"), None)] * 2)
    ledger.void(gone.pk)
    ledger.transfer(out.pk, into.pk)
    food = category("groceries").pk
    edited = edit_many(
        {row.pk: {"category_id": food} for row in (plain, split, gone, out, into)}, "Bulk"
    )
    reasons = {skipped.transaction_id: skipped.reason for skipped in edited.skipped}
    assert reasons == {
        split.pk: "several_splits", gone.pk: "void", out.pk: "linked_transfer",
        into.pk: "linked_transfer",
    }  # fmt: skip
    assert category_of(plain) is not None
    with pytest.raises(LedgerError, match="cannot be changed for many"):
        edit_many({plain.pk: {"amount": Money.parse("-1.00", "EUR")}}, "Bulk")
    with pytest.raises(LedgerError):
        edit_many({plain.pk: {"category_id": giro.pk}}, "Bulk")
    assert not any(verify_ledger().values())


def test_a_machine_s_batch_leaves_what_a_person_has_set(giro: FinancialAccount) -> None:
    row = machine_posted(giro, "-2.00", merchant="Cafe")
    ledger.edit(row.pk, {"merchant": "Mine"})
    with tenant_scope(current_tenant_id(), actor=Actor("job")):
        edited = edit_many({row.pk: {"merchant": "Theirs", "notes": "x"}}, "Rule")
    row.refresh_from_db()
    assert (edited.changed, row.merchant, row.notes) == (1, "Mine", "x")


def test_a_rule_is_shown_before_it_is_run_and_can_be_taken_back(giro: FinancialAccount) -> None:
    food = category("groceries")
    rows = [machine_posted(giro, f"-{n + 1}.00", merchant="CAFE LUMO 112") for n in range(3)]
    ledger.edit(rows[0].pk, {"merchant": "My café"})
    machine_posted(giro, "-50.00", merchant="Other")
    mine = rule('merchant:lumo OR merchant:"my café"', category=food, merchant="Café Lumo")
    shown = preview(mine)
    assert (shown.matching, shown.changing, len(shown.examples)) == (3, 3, 3)
    edited = run([mine], candidates(), "Rule")
    assert edited.changed == 3
    assert sorted(Transaction.objects.values_list("merchant", flat=True)) == [
        "Café Lumo", "Café Lumo", "My café", "Other",
    ]  # fmt: skip
    assert {category_of(row) for row in rows} == {food}
    assert "merchant" not in Transaction.objects.get(pk=rows[1].pk).locked
    assert preview(mine).changing == 0
    assert edited.batch is not None
    assert undo(edited.batch.pk) == (3, 0)
    assert not any(verify_ledger().values())


def test_the_first_rule_that_sets_a_field_wins(giro: FinancialAccount) -> None:
    row = machine_posted(giro, "-2.00", merchant="CAFE")
    first = rule("cafe", merchant="First")
    second = rule("cafe", merchant="Second", notes="seen")
    run(Rule.objects.all(), candidates(), "Rules")
    row.refresh_from_db()
    assert (row.merchant, row.notes) == ("First", "seen")
    order_rules([second.pk])
    assert list(Rule.objects.all()) == [second, first]
    run(Rule.objects.all(), candidates(), "Rules")
    row.refresh_from_db()
    assert row.merchant == "First", "it is no “cafe” any more"


def test_what_is_booked_meets_the_rules_once(giro: FinancialAccount) -> None:
    old = machine_posted(giro, "-2.00", merchant="CAFE")
    since = Transaction.objects.get(pk=old.pk).created_at
    rule("cafe", merchant="Café")
    rule("cafe", merchant="Off", is_enabled=False)
    new = machine_posted(giro, "-3.00", merchant="CAFE")
    Transaction.objects.get(pk=new.pk)
    assert run_on_new(Transaction.objects.get(pk=new.pk).created_at) == 1
    assert run_on_new(Transaction.objects.get(pk=new.pk).created_at) == 0
    assert Transaction.objects.get(pk=old.pk).merchant == "CAFE"
    assert since is not None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"query": "", "merchant": "x"}, "no_query"),
        ({"query": "cafe"}, "no_action"),
        ({"query": "(cafe", "merchant": "x"}, "invalid_query"),
        ({"query": "colour:red", "merchant": "x"}, "invalid_query"),
    ],
)
def test_a_rule_that_means_nothing_is_not_kept(
    giro: FinancialAccount, fields: dict[str, Any], code: str
) -> None:
    with pytest.raises((LedgerError, QueryError)) as told:
        save_rule(Rule(), name="x", **fields)
    assert told.value.code == code
    assert not Rule.objects.exists()


def test_the_api_keeps_runs_and_undoes(giro: FinancialAccount) -> None:
    access = start_session(make_member(Tenant.objects.get(pk=giro.tenant_id))).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    row = machine_posted(giro, "-2.00", merchant="CAFE")
    body = {"query": "cafe", "merchant": "Café"}
    shown = api.post("/api/v1/rules/preview", body, format="json").json()
    assert (shown["matching"], shown["changing"], shown["examples"]) == (1, 1, [str(row.pk)])
    made = api.post("/api/v1/rules", body, format="json")
    assert (made.status_code, made.json()["name"]) == (201, "cafe")
    url = f"/api/v1/rules/{made.json()['id']}"
    ran = api.post(f"{url}/run").json()
    assert ran["changed"] == 1
    assert api.post(f"/api/v1/edit-batches/{ran['batch']}/undo").json()["restored"] == 1
    assert api.patch(url, {"merchant": "Cafe"}, format="json").json()["merchant"] == "Cafe"
    assert api.patch(url, {"query": "("}, format="json").status_code in (400, 422)
    assert api.delete(url).status_code == 204
    changed = api.post(
        "/api/v1/transactions/batch", {"q": "cafe", "notes": "seen"}, format="json"
    ).json()
    assert (changed["changed"], changed["skipped"]) == (1, [])
    for wrong in ({"notes": "x"}, {"q": "cafe"}, {"q": "a", "ids": [], "notes": "x"}):
        answer = api.post("/api/v1/transactions/batch", wrong, format="json")
        assert answer.status_code == 400, answer.content


def test_the_page_shows_keeps_runs_and_undoes(giro: FinancialAccount) -> None:
    browser = member(Tenant.objects.get(pk=giro.tenant_id))
    machine_posted(giro, "-2.00", merchant="CAFE LUMO")
    form = {"query": "lumo", "merchant": "Café Lumo", "category": category("groceries").pk}
    shown = browser.post("/rules/preview/", form).content.decode()
    assert "1 transaction matches" in shown
    assert "CAFE LUMO" in shown
    assert "not closed" in browser.post("/rules/preview/", form | {"query": "(a"}).content.decode()
    wrong = browser.post("/rules/add/", {"query": "lumo"})
    assert (wrong.status_code, "Say what they get" in wrong.content.decode()) == (422, True)
    assert browser.post("/rules/add/", form)["Location"] == "/rules/"
    url = f"/rules/{Rule.objects.get().pk}/"
    browser.post(url, {"verb": "run"})
    assert Transaction.objects.get().merchant == "Café Lumo"
    assert "1 transaction" in browser.get("/rules/").content.decode()
    browser.post(f"/rules/undo/{EditBatch.objects.get().pk}/")
    assert Transaction.objects.get().merchant == "CAFE LUMO"
    browser.post(url, {"verb": "switch"})
    assert not Rule.objects.get().is_enabled
    browser.post(url, {"verb": "remove"})
    assert not Rule.objects.exists()
