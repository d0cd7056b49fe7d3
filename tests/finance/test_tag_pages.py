"""The page of tags, tags that rules set, and bringing removed ones back."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger, tags
from finance.errors import LedgerError
from finance.models import FinancialAccount, Rule, RuleTag, Tag, TagRemoval, Transaction
from finance.rules.keeping import save_rule
from finance.rules.running import candidates, preview, run
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tests.finance.make import make_posted
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db


def names(row: Transaction) -> list[str]:
    return list(row.taggings.order_by("tag__name").values_list("tag__name", flat=True))


def test_a_removed_tag_comes_back_where_nobody_has_changed_since(giro: FinancialAccount) -> None:
    one, two = make_posted(giro), make_posted(giro)
    trip = tags.add_tag("trip")
    for row in (one, two):
        ledger.edit(row.pk, {"tags": frozenset((trip.pk,))})
    rule = save_rule(Rule(), query="lumo", tags=[trip.pk])
    tags.remove_tag(trip.pk)
    assert (names(one), RuleTag.objects.count()) == ([], 0)
    ledger.edit(two.pk, {"notes": "since"})
    tags.restore_tag(TagRemoval.objects.get().pk)
    assert (names(one), names(two)) == (["trip"], [])
    assert (Tag.objects.get().pk, rule.rule_tags.get().tag_id) == (trip.pk, trip.pk)
    assert not TagRemoval.objects.exists()
    assert not any(verify_ledger().values())


def test_a_joined_tag_is_parted_again(giro: FinancialAccount) -> None:
    row, both = make_posted(giro), make_posted(giro)
    trip, travel = tags.add_tag("trip"), tags.add_tag("travel")
    ledger.edit(row.pk, {"tags": frozenset((trip.pk,))})
    ledger.edit(both.pk, {"tags": frozenset((trip.pk, travel.pk))})
    rule = save_rule(Rule(), query="lumo", tags=[trip.pk, travel.pk])
    tags.join_tags(trip.pk, travel.pk)
    assert (names(row), names(both), rule.rule_tags.count()) == (["travel"], ["travel"], 1)
    removal = TagRemoval.objects.get()
    tags.add_tag("Trip")
    with pytest.raises(LedgerError):
        tags.restore_tag(removal.pk)
    tags.remove_tag(Tag.objects.get(name="Trip").pk)
    tags.restore_tag(removal.pk)
    assert (names(row), names(both)) == (["trip"], ["travel", "trip"])


def test_rules_add_tags_of_all_and_mark_what_happens_once(giro: FinancialAccount) -> None:
    row, locked = make_posted(giro, merchant="Lumo"), make_posted(giro, merchant="Lumo")
    fun, trip, kept = (tags.add_tag(name) for name in ("fun", "trip", "kept"))
    ledger.edit(locked.pk, {"tags": frozenset((kept.pk,))})
    first = save_rule(Rule(), query="lumo", tags=[fun.pk], is_one_time=True)
    second = save_rule(Rule(), query="lumo", tags=[fun.pk, trip.pk])
    assert preview(first).changing == 2
    run([first, second], candidates(), "Rules")
    row.refresh_from_db()
    assert (names(row), names(locked), row.is_one_time) == (["fun", "trip"], ["kept"], True)
    assert preview(second).changing == 0
    with pytest.raises(LedgerError):
        save_rule(Rule(), query="lumo", tags=[])


def test_the_page_sums_renames_joins_removes_and_brings_back(giro: FinancialAccount) -> None:
    browser, row = member(Tenant.objects.get(pk=giro.tenant_id)), make_posted(giro, "-7.00")
    browser.post("/tags/add/", {"name": "trip"})
    browser.post("/tags/add/", {"name": "idle"})
    trip = Tag.objects.get(name="trip")
    ledger.edit(row.pk, {"tags": frozenset((trip.pk,))})
    html = browser.get("/tags/").content.decode()
    assert ("€7.00" in html, "1 unused" in html) == (True, True)
    unused = browser.get("/tags/?show=unused").content.decode()
    assert ("€7.00" in unused, ">idle</a>" in unused) == (False, True)
    browser.post(f"/tags/{trip.pk}/", {"verb": "rename", "name": "journey"})
    assert names(row) == ["journey"]
    browser.post(f"/tags/{trip.pk}/", {"verb": "join", "name": "nothing"})
    assert names(row) == ["journey"]
    browser.post(f"/tags/{trip.pk}/", {"verb": "join", "name": "Idle"})
    assert names(row) == ["idle"]
    browser.post(f"/tags/restore/{TagRemoval.objects.get().pk}/")
    assert names(row) == ["journey"]
    browser.post(f"/tags/{trip.pk}/", {"verb": "remove"})
    assert (names(row), "Bring back" in browser.get("/tags/").content.decode()) == ([], True)


def test_the_page_of_rules_takes_tags(giro: FinancialAccount) -> None:
    browser = member(Tenant.objects.get(pk=giro.tenant_id))
    make_posted(giro, merchant="Lumo")
    form = {"query": "lumo", "tags": "fun, new", "is_one_time": "on"}
    shown = browser.post("/rules/preview/", form).content.decode()
    assert ("1 would change" in shown, Tag.objects.exists()) == (True, False)
    assert browser.post("/rules/add/", form).status_code == 302
    assert Rule.objects.get().rule_tags.count() == 2
    assert "fun" in browser.get("/rules/").content.decode()


def test_the_api_of_removed_tags_and_tags_of_rules(giro: FinancialAccount) -> None:
    access = start_session(make_member(Tenant.objects.get(pk=giro.tenant_id))).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    tag = api.post("/api/v1/tags", {"name": "trip"}, format="json").json()["id"]
    body = {"query": "lumo", "tags": [tag]}
    rule = api.post("/api/v1/rules", body, format="json").json()
    assert rule["tags"] == [tag]
    make_posted(giro, merchant="Lumo")
    assert api.post("/api/v1/rules/preview", body, format="json").json()["changing"] == 1
    url = f"/api/v1/rules/{rule['id']}"
    emptied = api.patch(url, {"tags": []}, format="json")
    assert (emptied.status_code, emptied.json()["code"]) == (400, "no_action")
    patched = api.patch(url, {"tags": [], "is_one_time": True}, format="json").json()
    assert (patched["tags"], patched["is_one_time"]) == ([], True)
    api.patch(url, {"tags": [tag]}, format="json")
    api.delete(f"/api/v1/tags/{tag}")
    removed = api.get("/api/v1/tags/removed").json()
    assert [each["name"] for each in removed] == ["trip"]
    back = api.post("/api/v1/tags/restore", {"removal": removed[0]["id"]}, format="json")
    assert (back.status_code, back.json()["id"], api.get(url).json()["tags"]) == (201, tag, [tag])
