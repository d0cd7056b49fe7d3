"""The page on what is read, where mail may be sent, and how long it is kept."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import Role, User
from mail_ingest.models import Email, InboundAddress, MailPolicy, MailRule
from tenancy.models import Tenant
from tests.architecture.rows import World, make_email
from tests.pages import member

pytestmark = pytest.mark.django_db

ADDRESS = "/mail-settings/"


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def test_a_rule_is_added_switched_and_deleted(browser: Client) -> None:
    shop = {"action": "exclude", "sender": "shop.example", "subject": "", "folder": ""}
    assert browser.post(f"{ADDRESS}rules/", shop).status_code == 302
    assert browser.post(f"{ADDRESS}rules/", shop | {"sender": "b.example"}).status_code == 302
    assert [rule.position for rule in MailRule.objects.all()] == [0, 1]
    rule = MailRule.objects.get(sender="shop.example")
    browser.post(f"{ADDRESS}rules/{rule.id}/switch/")
    rule.refresh_from_db()
    assert not rule.is_enabled
    assert "shop.example" in browser.get(ADDRESS).content.decode()
    browser.post(f"{ADDRESS}rules/{rule.id}/delete/")
    assert MailRule.objects.count() == 1


def test_a_rule_that_takes_everything_is_refused_and_kept_in_the_form(browser: Client) -> None:
    answer = browser.post(f"{ADDRESS}rules/", {"action": "exclude"})
    assert answer.status_code == 422
    assert "Name a sender" in answer.content.decode()
    assert not MailRule.objects.exists()


def test_what_a_rule_would_take_is_shown_before_it_is_saved(browser: Client) -> None:
    tenant = Tenant.objects.get()
    make_email(World(tenant, User.objects.get()))
    Email.objects.update(from_address="deals@shop.example", subject="Our offers", state="stored")
    answer = browser.post(
        f"{ADDRESS}rules/try/", {"action": "exclude", "sender": "shop.example"}
    ).content.decode()
    assert "would have taken 1" in answer
    assert "Our offers" in answer
    assert not MailRule.objects.exists()


def test_the_policy_is_set(browser: Client) -> None:
    browser.post(f"{ADDRESS}policy/", {"keep_days": "400", "keeps_unfinancial": "on"})
    policy = MailPolicy.objects.get()
    assert (policy.keep_days, policy.keeps_unfinancial, policy.forgets_evidence) == (
        400, True, False,
    )  # fmt: skip
    assert browser.post(f"{ADDRESS}policy/", {"keep_days": "-1"}).status_code == 422


def test_the_secret_of_an_address_is_shown_once(browser: Client) -> None:
    page = browser.post(f"{ADDRESS}address/").content.decode()
    token = InboundAddress.objects.get(revoked_at=None).token
    assert token in page
    assert "Keep this secret now" in page
    later = browser.get(ADDRESS).content.decode()
    assert token in later
    assert "Keep this secret now" not in later
    browser.post(f"{ADDRESS}address/revoke/")
    assert token not in browser.get(ADDRESS).content.decode()


def test_who_may_only_read_sees_and_changes_nothing(in_tenant: Tenant) -> None:
    Role.objects.create(key="reader", name="Reader", permissions=["mail:read"])
    reader = member(in_tenant, "reader")
    page = reader.get(ADDRESS).content.decode()
    assert "Add rule" not in page
    assert "Make an address" not in page
    assert (
        reader.post(f"{ADDRESS}rules/", {"action": "exclude", "sender": "a.b"}).status_code == 403
    )
    assert reader.post(f"{ADDRESS}address/").status_code == 403
    assert not MailRule.objects.exists()


def test_without_a_client_the_page_says_who_makes_one(browser: Client) -> None:
    page = browser.get("/connected-accounts/new/").content.decode()
    assert "GOOGLE_CLIENT_ID" in page
    assert "docs/connecting-google.md" in page
    assert "Connect Gmail" not in page
