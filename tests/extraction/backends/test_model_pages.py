"""Language models by the pages: connect, look, use, price, cap and remove; over HTTP."""

from __future__ import annotations

import pytest
from django.test import Client

from extraction.models import LanguageModel, LLMTransaction, ModelBackend, ModelPolicy, ModelPrice
from tenancy.models import Tenant
from tests.extraction.backends.test_asking import ask_model, fake, receive
from tests.fakes.models import FakeModels
from tests.pages import member, part

__all__ = ["fake"]

pytestmark = pytest.mark.django_db(transaction=True)
PAGE = "/settings/models/"


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def connected(browser: Client, fake: FakeModels, **fields: str) -> str:
    """The address of the server's page."""
    given = {"kind": "llama_cpp", "base_url": fake.base_url, "redact_names": "on"} | fields
    answer = browser.post(PAGE, given)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_a_server_is_connected_tried_used_and_asked(browser: Client, fake: FakeModels) -> None:
    at = connected(browser, fake)
    assert "llama.cpp" in browser.get(at).content.decode()
    listed = browser.post(f"{at}check/").content.decode()
    assert "<option" in listed
    assert "good" in listed
    assert browser.post(f"{at}use/", {"model": "probed"}).status_code == 302
    assert LanguageModel.objects.get().is_enabled
    page = browser.get(at).content.decode()
    assert "No model may be asked yet" in page
    policy = {"cap": "2.50", "currency": "EUR", "allows_unpriced": "on"}
    assert browser.post(f"{PAGE}policy/", policy).status_code == 302
    row = ModelPolicy.objects.get()
    assert (row.monthly_cap_micros, row.currency, row.allows_unpriced) == (2_500_000, "EUR", True)
    prices = {"currency": "EUR", "prompt": "0.15", "completion": "0.6"}
    assert browser.post(f"{at}price/", prices).status_code == 302
    price = ModelPrice.objects.get()
    assert (price.prompt, price.cached, price.completion) == (150_000, 150_000, 600_000)


def test_what_is_shown_before_is_exactly_what_is_sent_and_then_counted(
    browser: Client, fake: FakeModels
) -> None:
    receive()
    at = connected(browser, fake)
    browser.post(f"{at}use/", {"model": "probed"})
    LanguageModel.objects.update(name="good")
    browser.post(f"{PAGE}policy/", {"cap": "0", "currency": "EUR", "allows_unpriced": "on"})
    fake.requests.clear()
    shown = part(browser, f"{at}sent/").content.decode()
    assert "12.50 EUR" in shown
    assert fake.requests == [], "nothing is sent to show it"
    ask_model()
    assert len(fake.requests) == 1
    assert LLMTransaction.objects.count() == 1
    listed = browser.get(PAGE).content.decode()
    assert "321" in listed
    assert "ok" in browser.get(at).content.decode()


def test_before_a_model_is_chosen_the_preview_says_what_is_missing(
    browser: Client, fake: FakeModels
) -> None:
    receive()
    at = connected(browser, fake)
    shown = part(browser, f"{at}sent/").content.decode()
    assert "No model of this server is in use yet" in shown
    assert "12.50 EUR" in shown
    assert "“…”" not in shown
    assert "&quot;model&quot;" not in shown


def test_a_model_that_does_not_answer_well_is_not_used(browser: Client, fake: FakeModels) -> None:
    at = connected(browser, fake)
    answer = browser.post(f"{at}use/", {"model": "nonsense"}, follow=True).content.decode()
    assert "is not used" in answer
    assert not LanguageModel.objects.filter(is_enabled=True).exists()
    assert "Say which model" in browser.post(f"{at}use/", follow=True).content.decode()


def test_what_cannot_be_is_told_at_its_field(browser: Client, fake: FakeModels) -> None:
    answer = browser.post(PAGE, {"kind": "openai", "base_url": fake.base_url})
    assert answer.status_code == 422
    assert "wants an API key" in answer.content.decode()
    inside = browser.post(PAGE, {"kind": "ollama", "base_url": "http://10.0.0.1/v1"})
    assert inside.status_code == 422
    assert "10.0.0.1" in inside.content.decode()
    assert browser.post(f"{PAGE}policy/", {"cap": "-1", "currency": "xx"}).status_code == 422
    assert not ModelBackend.objects.exists()


def test_the_key_is_never_shown_and_goes_with_the_server(browser: Client, fake: FakeModels) -> None:
    fake.api_key = "very-secret-key"
    at = connected(browser, fake, api_key="very-secret-key")
    html = browser.get(at).content.decode() + browser.get(PAGE).content.decode()
    assert "Kept encrypted" in html
    assert "very-secret-key" not in html
    assert browser.post(f"{at}retire/").status_code == 302
    assert ModelBackend.objects.get().api_key == ""
    assert browser.get(at).status_code == 404


def test_who_may_only_look_changes_nothing(in_tenant: Tenant, fake: FakeModels) -> None:
    at = connected(member(in_tenant), fake)
    reader = member(in_tenant, role="user", email="bob@example.org")
    for path, body in ((PAGE, {"kind": "ollama"}), (f"{at}use/", {"model": "good"}),
                       (f"{PAGE}policy/", {"cap": "1", "currency": "EUR"})):  # fmt: skip
        assert reader.post(path, body).status_code == 403
    assert not ModelPolicy.objects.exists()
