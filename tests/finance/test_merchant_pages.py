"""The pages of merchants, as a browser asks for them."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance.merchants.keeping import learn_alias
from finance.models import EditBatch, FinancialAccount, Merchant, MerchantAlias
from tenancy.models import Tenant
from tests.finance.make import category, make_posted
from tests.pages import member

pytestmark = pytest.mark.django_db


def home(giro: FinancialAccount) -> Tenant:
    found: Tenant = Tenant.objects.get(pk=giro.tenant_id)
    return found


def test_the_list_has_sums_in_few_queries_and_goes_on(giro: FinancialAccount) -> None:
    browser = member(home(giro))
    for n in range(60):
        make_posted(giro, merchant=f"Shop {n:02}")
    learn_alias(Merchant.objects.get(name="Shop 59").pk, "SUMUP *FIFTY")
    with CaptureQueriesContext(connection) as few:
        first = browser.get("/merchants/").content.decode()
    assert len(few) < 18, len(few)
    assert ("Shop 49" in first, "Shop 50" in first) == (True, False)
    second = browser.get("/merchants/", {"after": "Shop 49"}).content.decode()
    assert "Shop 50" in second
    found = browser.get("/merchants/", {"q": "fifty"}).content.decode()
    assert ("Shop 59" in found, "Shop 58" in found) == (True, False)
    assert "No merchant is called so" in browser.get("/merchants/", {"q": "zzz"}).content.decode()


def test_a_merchant_is_renamed_learned_joined_and_parted(giro: FinancialAccount) -> None:
    browser = member(home(giro))
    row = make_posted(giro, merchant="LIDL 4711", merchant_raw="LIDL SAGT DANKE 4711")
    twin = make_posted(giro, merchant="LIDL 0815", merchant_raw="Lidl sagt danke 0815")
    first = Merchant.objects.get(name="LIDL 4711")
    facts = {"name": "Lidl", "default_category": category("groceries").pk, "website": "",
             "sender_domain": "lidl.example"}  # fmt: skip
    assert browser.post(f"/merchants/{first.pk}/", facts).status_code == 302
    row.refresh_from_db()
    assert row.merchant == "Lidl"
    wrong = browser.post(f"/merchants/{first.pk}/", facts | {"name": "LIDL 0815"})
    assert (wrong.status_code, "join the two" in wrong.content.decode()) == (422, True)
    address = f"/merchants/{first.pk}/alias/"
    seen = browser.post(address, {"text": "lidl sagt danke", "verb": "preview"})
    assert "1 would change" in seen.content.decode()
    browser.post(address, {"text": "lidl sagt danke", "verb": "learn", "apply": "on"})
    twin.refresh_from_db()
    assert twin.merchant == "Lidl"
    learned = MerchantAlias.objects.get(text="lidl sagt danke")
    browser.post(address, {"alias": learned.pk, "verb": "forget"})
    assert not MerchantAlias.objects.filter(pk=learned.pk).exists()
    make_posted(giro, merchant="Aldi")
    other, join = Merchant.objects.get(name="Aldi"), f"/merchants/{first.pk}/join/"
    nobody = browser.post(join, {"into": "Nobody"})
    assert (nobody.status_code, "no merchant of this name" in nobody.content.decode()) == (
        422,
        True,
    )
    browser.post(join, {"into": "Aldi", "verb": "join"})
    assert browser.get(f"/merchants/{first.pk}/")["Location"] == f"/merchants/{other.pk}/"
    assert "Part again" in browser.get(f"/merchants/{other.pk}/").content.decode()
    browser.post(join, {"verb": "part"})
    row.refresh_from_db()
    assert row.merchant == "Lidl"


def test_what_came_in_is_not_called_spent(giro: FinancialAccount) -> None:
    make_posted(giro, "2000", merchant="Employer")
    make_posted(giro, "-30", merchant="Shop")
    html = member(home(giro)).get("/merchants/").content.decode()
    assert '<span class="money in">+€2,000.00</span>' in html
    assert '<span class="money">€30.00</span>' in html


def test_renaming_in_the_drawer_offers_all_that_read_alike(giro: FinancialAccount) -> None:
    browser = member(home(giro))
    row = make_posted(giro, merchant="LIDL 1", merchant_raw="LIDL SAGT DANKE 4711")
    twin = make_posted(giro, merchant="LIDL 2", merchant_raw="Lidl sagt danke 0815")
    form = {"version": 1, "merchant": "Lidl", "tags": "", "notes": ""}
    shown = browser.post(f"/transactions/{row.pk}/", form).content.decode()
    assert "1 would change" in shown
    assert browser.post(f"/transactions/{row.pk}/learn/").status_code == 302
    twin.refresh_from_db()
    assert (twin.merchant, twin.merchant_raw) == ("Lidl", "Lidl sagt danke 0815")
    assert EditBatch.objects.get().count == 1
    again = browser.get(f"/transactions/{row.pk}/").content.decode()
    assert ("1 would change" in again, "/merchants/" in again) == (False, True)
