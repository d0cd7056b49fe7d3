"""Merchants: names, aliases, joining and parting, at their doors."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance import ledger
from finance.errors import LedgerError
from finance.ledger.batches import undo
from finance.ledger.naming import reads_like
from finance.merchants import keeping
from finance.merchants.reading import sums_of
from finance.models import EditBatch, FinancialAccount, Merchant, MerchantAlias, Rule, Transaction
from finance.money import Money
from finance.query import matching
from finance.rules.running import candidates, run
from finance.suggestions import Suggester
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tenancy.scope import Actor, current_tenant_id, tenant_scope
from tests.finance.make import category, email_source, make_account, make_posted
from tests.make import make_member

pytestmark = pytest.mark.django_db


def merchant(name: str) -> Merchant:
    found: Merchant = Merchant.objects.get(name=name)
    return found


def by_machine(giro: FinancialAccount, raw: str, name: str = "") -> Transaction:
    with tenant_scope(current_tenant_id(), actor=Actor("job")):
        return make_posted(giro, merchant=name or raw, merchant_raw=raw, source=email_source())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LIDL SAGT DANKE 4711//Köln", "Lidl sagt Danke 0815 koln"),
        ("PAYPAL *SPOTIFY P0A8B23C", "paypal spotify"),
        ("1&1 Telecom 20261234", "1&1 telecom"),
        ("12345", "12345"),
    ],
)
def test_texts_that_differ_in_numbers_and_signs_read_alike(one: str, other: str) -> None:
    assert reads_like(one) == reads_like(other) != ""


def test_texts_of_other_words_do_not_read_alike() -> None:
    texts = ("Lidl", "Aldi", "Lidl Reisen", "Studio 54", "Studio 55", "123", "456")
    assert len({reads_like(text) for text in texts}) == len(texts)


def test_each_name_in_the_ledger_is_a_merchants(giro: FinancialAccount) -> None:
    row = make_posted(giro, merchant="Lumo")
    make_posted(giro, merchant="lumo")
    make_posted(giro, merchant="")
    assert list(Merchant.objects.values_list("name", flat=True)) == ["Lumo"]
    ledger.edit(row.pk, {"merchant": "Lumo Café"})
    assert merchant("Lumo Café").key == "lumo cafe"
    assert not any(verify_ledger().values())


def test_what_reads_like_an_alias_is_named_by_machines_and_its_text_stays(
    giro: FinancialAccount,
) -> None:
    first = by_machine(giro, "LIDL DIENSTLEISTUNG 4711")
    twin, other = by_machine(giro, "Lidl Dienstleistung 0815"), by_machine(giro, "Aldi 4711")
    ledger.edit(first.pk, {"merchant": "Lidl"})
    assert keeping.written_like(first.merchant_raw).count() == 2
    keeping.learn_alias(merchant("Lidl").pk, first.merchant_raw, apply=True)
    later = by_machine(giro, "LIDL DIENSTLEISTUNG 99999")
    for row in (twin, other):
        row.refresh_from_db()
    assert [row.merchant for row in (twin, other, later)] == ["Lidl", "Aldi 4711", "Lidl"]
    assert later.merchant_raw == "LIDL DIENSTLEISTUNG 99999"
    batch = EditBatch.objects.get()
    assert undo(batch.pk) == (1, 0)
    twin.refresh_from_db()
    assert twin.merchant == "Lidl Dienstleistung 0815"
    assert not any(verify_ledger().values())


def test_what_a_person_types_goes_before_what_the_message_says(giro: FinancialAccount) -> None:
    keeping.learn_alias(keeping.add_merchant("Lidl").pk, "LIDL 4711")
    row = make_posted(giro, merchant="Aldi", merchant_raw="LIDL 4711")
    assert row.merchant == "Aldi"


def test_another_name_goes_to_all_transactions_and_the_old_one_is_an_alias(
    giro: FinancialAccount,
) -> None:
    row = by_machine(giro, "AMZN Mktp")
    Rule.objects.create(name="Shop", query="amzn", merchant="AMZN Mktp")
    with pytest.raises(LedgerError):
        keeping.add_merchant("AMZN Mktp")
    keeping.change_merchant(merchant("AMZN Mktp").pk, name="Amazon")
    row.refresh_from_db()
    later = by_machine(giro, "AMZN MKTP 123456")
    assert (row.merchant, later.merchant, Rule.objects.get().merchant) == ("Amazon",) * 3
    assert Merchant.objects.count() == 1
    keeping.add_merchant("Taken")
    with pytest.raises(LedgerError) as refused:
        keeping.change_merchant(merchant("Amazon").pk, name="Taken")
    assert refused.value.code == "name_taken"


def test_joining_two_is_taken_back_as_one(giro: FinancialAccount) -> None:
    old, new = by_machine(giro, "REWE Markt"), by_machine(giro, "Rewe To Go")
    void = by_machine(giro, "REWE Markt")
    ledger.void(void.pk)
    gone, kept = merchant("REWE Markt"), merchant("Rewe To Go")
    keeping.merge_merchants(gone.pk, kept.pk)
    old.refresh_from_db()
    assert (old.merchant, by_machine(giro, "REWE Markt").merchant) == ("Rewe To Go",) * 2
    for refused in (gone.pk, kept.pk):
        with pytest.raises(LedgerError):
            keeping.merge_merchants(gone.pk, refused)
    keeping.part_merchant(gone.pk)
    for row in (old, new):
        row.refresh_from_db()
    assert [old.merchant, new.merchant] == ["REWE Markt", "Rewe To Go"]
    assert merchant("REWE Markt").merged_into is None
    assert by_machine(giro, "REWE Markt").merchant == "REWE Markt"
    assert not any(verify_ledger().values())


def test_a_merged_name_that_a_person_gives_again_stands_by_itself(giro: FinancialAccount) -> None:
    row, _ = make_posted(giro, merchant="One"), make_posted(giro, merchant="Two")
    keeping.merge_merchants(merchant("One").pk, merchant("Two").pk)
    ledger.edit(row.pk, {"merchant": "One"})
    assert merchant("One").merged_into is None
    assert not any(verify_ledger().values())


def test_queries_and_rules_know_how_a_merchant_is_written(giro: FinancialAccount) -> None:
    row, _ = make_posted(giro, merchant="Lumo"), by_machine(giro, "Other")
    keeping.learn_alias(merchant("Lumo").pk, "SumUp *Lumo Kaffee")
    found = matching(Transaction.objects.all(), "merchant:sumup")
    assert list(found) == [row]
    make_posted(giro, merchant="Lumo Bar")
    keeping.merge_merchants(merchant("Lumo Bar").pk, merchant("Lumo").pk)
    assert matching(Transaction.objects.all(), 'merchant:"lumo bar"').count() == 2
    run([Rule(query="merchant:other", merchant="Lumo Bar")], candidates(), "Rules")
    assert Transaction.objects.filter(merchant="Lumo").count() == 3


def test_its_category_is_suggested_before_history(giro: FinancialAccount) -> None:
    make_posted(giro, merchant="Lumo", category_id=category("groceries").pk)
    row = merchant("Lumo")
    keeping.learn_alias(row.pk, "SUMUP LUMO 1234")
    before = Suggester(["SUMUP LUMO 9876"]).suggest("purchase", "SUMUP LUMO 9876", outflow=True)
    assert before is not None
    assert (before.why, before.category_id) == ("history", category("groceries").pk)
    keeping.change_merchant(row.pk, default_category=category("restaurants"))
    after = Suggester(["SUMUP LUMO 9876"]).suggest("purchase", "SUMUP LUMO 9876", outflow=True)
    assert after is not None
    assert (after.why, after.category_id) == ("merchant", category("restaurants").pk)


def test_sums_are_of_what_is_posted_in_each_currency(giro: FinancialAccount) -> None:
    make_posted(giro, "-10.00", merchant="Lumo", booked_on=date(2026, 5, 1))
    make_posted(giro, "2.50", merchant="Lumo", booked_on=date(2026, 5, 9))
    make_posted(make_account("Yen", "JPY"), "-300", merchant="Lumo", booked_on=date(2026, 5, 3))
    sums = sums_of(["Lumo", "Nobody"])["Lumo"]
    assert (sums.count, sums.last_on) == (3, date(2026, 5, 9))
    assert sums.spent == [Money(750, "EUR"), Money(300, "JPY")]


def test_the_api_of_merchants(giro: FinancialAccount) -> None:
    access = start_session(make_member(Tenant.objects.get(pk=giro.tenant_id))).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    for n in range(20):
        make_posted(giro, merchant=f"Shop {n:02}", merchant_raw=f"SHOP*{n:02} BERLIN")
    with CaptureQueriesContext(connection) as few:
        page = api.get("/api/v1/merchants").json()["data"]
    assert (len(page), len(few) < 14) == (20, True), len(few)
    assert page[0]["spent"] == [{"amount": "12.34", "currency": "EUR"}]
    url = f"/api/v1/merchants/{page[0]['id']}"
    body = {"text": "shop 99999 berlin", "apply": False}
    assert api.post(f"{url}/preview", body, format="json").json()["matching"] == 0
    body["text"] = "shop 01 berlin"
    shown = api.post(f"{url}/preview", body, format="json").json()
    assert (shown["matching"], shown["changing"], len(shown["examples"])) == (1, 1, 1)
    assert api.post(f"{url}/aliases", body | {"apply": True}, format="json").status_code == 201
    assert api.get(url).json()["transactions"] == 2
    assert api.get("/api/v1/merchants", {"q": "01 berlin"}).json()["data"][0]["id"] == page[0]["id"]
    alias = api.get(f"{url}/aliases").json()[0]["id"]
    other = f"/api/v1/merchants/{page[5]['id']}"
    assert api.post(f"{other}/forget", {"alias": alias}, format="json").status_code == 404
    assert api.post(f"{url}/forget", {"alias": alias}, format="json").status_code == 204
    assert not MerchantAlias.objects.exists()
    wrong = api.patch(url, {"sender_domain": "http://x"}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_domain")
    changed = api.patch(url, {"name": "Renamed", "sender_domain": "Shop.example"}, format="json")
    assert (changed.json()["name"], changed.json()["sender_domain"]) == ("Renamed", "shop.example")
    merged = api.post(f"{other}/merge", {"into": page[0]["id"]}, format="json").json()
    assert merged["transactions"] == 3
    assert api.get(other).json()["merged_into"] == page[0]["id"]
    gone = api.get("/api/v1/merchants", {"is_merged": "true"}).json()["data"]
    assert [each["id"] for each in gone] == [page[5]["id"]]
    assert api.post(f"{other}/part", format="json").json()["transactions"] == 1


def test_names_from_before_are_made_merchants(giro: FinancialAccount) -> None:
    for name in ("Lumo", "Café", ""):
        make_posted(giro, merchant=name)
    Merchant.objects.all().delete()
    migration = import_module("finance.migrations.0017_merchants")
    migration.make_merchants(apps, SimpleNamespace(connection=connection))
    assert dict(Merchant.objects.values_list("name", "key")) == {"Lumo": "lumo", "Café": "cafe"}
    assert not any(verify_ledger().values())
