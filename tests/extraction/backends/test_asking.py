"""A message that the rules cannot read, a model that can, and the ledger: as the jobs do it, over
HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.tokens import start_session
from extraction import connecting
from extraction.asking import enqueue_questions
from extraction.models import (
    EmailExtraction,
    LLMTransaction,
    ModelAnswer,
    ModelBackend,
    ModelPolicy,
    ModelPrice,
)
from extraction.scheduling import enqueue_pending_emails
from finance.models import ReviewItem, Transaction, TransactionState
from finance.review import dismiss
from jobs.models import Job
from mail_ingest.imports import import_upload
from mail_ingest.models import Email
from tenancy.models import Tenant
from tests.fakes.models import FakeModels, fake_models
from tests.make import make_member
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)

MESSAGE = """\
From: Harbour Bank <alerts@harbour.example>
To: ada@example.org
Subject: Account movement
Date: Tue, 03 Mar 2026 10:00:00 +0100
Message-ID: <1@harbour.example>

Dear Ada Lovelace,

Zorblax settled: 12.50 EUR / 99.00 EUR with Cafe Sol on 2026-03-02.
Account DE02 1203 0000 0000 2020 51, card ending 4417. Ada, questions? Call +49 30 1234567.
"""
ANSWER = {
    "event": "purchase", "event_quote": "settled", "direction": "debit",
    "amount": {"value": "12.50", "currency": "EUR", "quote": "12.50 EUR"},
    "balance": None,
    "date": {"value": "2026-03-02", "quote": "2026-03-02"},
    "merchant": {"value": "Cafe Sol", "quote": "Cafe Sol"},
    "account": {"value": "4417", "quote": "4417"},
    "reference": None,
}  # fmt: skip


def answer(**changes: Any) -> str:
    return json.dumps({"events": [{**ANSWER, **changes}]})


@pytest.fixture
def fake(settings: Any) -> Iterator[FakeModels]:
    settings.MODEL_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.JOB_BACKOFF_SECONDS = 0
    with fake_models() as server:
        server.answers["good"] = answer()
        server.answers["probed"] = '{"word": "ready"}'
        yield server


@pytest.fixture
def backend(fake: FakeModels, in_tenant: Tenant) -> ModelBackend:
    ModelPolicy.objects.create(currency="EUR", monthly_cap_micros=1_000_000)
    row = connecting.register_backend("Mine", "vllm", base_url=fake.base_url, api_key="secret-key")
    connecting.probe_backend(row, "probed")
    fake.requests.clear()
    return row


def use(backend: ModelBackend, name: str) -> None:
    model = connecting.enable_model(backend, name)
    ModelPrice.objects.create(
        model=model, valid_from=date(2026, 1, 1), currency="EUR", prompt=2_000_000,
        cached=1_000_000, completion=10_000_000,
    )  # fmt: skip


def receive(text: str = MESSAGE) -> None:
    import_upload(SimpleUploadedFile("mail.eml", text.encode()), is_own=True)
    run_due_jobs()
    enqueue_pending_emails()
    run_due_jobs()


def ask_model(limit: int = 20) -> None:
    enqueue_questions()
    run_due_jobs(limit)


def test_a_model_turns_a_question_into_one_that_can_be_accepted(
    fake: FakeModels, backend: ModelBackend
) -> None:
    receive()
    assert Transaction.objects.filter(state=TransactionState.POSTED).count() == 0
    use(backend, "good")
    ask_model()
    assert len(fake.requests) == 1
    extraction = EmailExtraction.objects.get()
    assert extraction.route == "model"
    fields = extraction.candidates[0]["fields"]
    assert (fields["amount"]["value"], fields["merchant"]["value"]) == ("12.50", "Cafe Sol")
    item = ReviewItem.objects.get()
    told = item.transaction or item.draft
    amount = told.amount_minor if item.transaction else told["amount"]
    assert str(amount) in ("-1250", "-12.50")
    assert Transaction.objects.filter(state=TransactionState.POSTED).count() == 0
    ask_model()
    assert len(fake.requests) == 1, "answered once, paid once"


def test_what_is_sent_holds_no_name_and_no_account_number(
    fake: FakeModels, backend: ModelBackend, in_tenant: Tenant
) -> None:
    make_member(in_tenant, email="ada@example.org", name="Ada Lovelace")
    receive()
    use(backend, "good")
    ask_model()
    (sent,) = fake.requests
    text = sent["messages"][-1]["content"]
    assert "Ada" not in text
    assert "Lovelace" not in text
    assert "1203 0000" not in text
    assert "1234567" not in text
    assert "4417" in text
    assert "12.50 EUR" in text
    assert fake.headers[-1]["authorization"] == "Bearer secret-key"


def test_usage_and_cost_are_exact_to_the_token(backend: ModelBackend, fake: FakeModels) -> None:
    receive()
    use(backend, "good")
    ask_model()
    call = LLMTransaction.objects.get()
    assert (call.prompt_tokens, call.cached_tokens, call.completion_tokens) == (321, 128, 45)
    assert call.cost_micros == (321 - 128) * 2 + 128 * 1 + 45 * 10
    assert (call.outcome, call.usage_known, call.retention) == ("ok", True, "on_device")
    assert "Cafe" not in str(LLMTransaction.objects.values())
    assert "Cafe" not in ModelAnswer.objects.get().body


@pytest.mark.parametrize("model", ["rate-limited", "failing", "cut-connection"])
def test_what_may_pass_is_tried_again_and_loses_nothing(
    backend: ModelBackend, fake: FakeModels, model: str
) -> None:
    receive()
    use(backend, model)
    ask_model(limit=1)
    job = Job.objects.get(kind="extraction.ask_model")
    assert job.state == "ready"
    assert ReviewItem.objects.get().state == "open"
    use_good_instead(backend, fake, model)
    Job.objects.update(run_after=job.created_at)
    run_due_jobs()
    assert EmailExtraction.objects.get().route == "model"
    assert LLMTransaction.objects.filter(outcome="ok").count() == 1


def use_good_instead(backend: ModelBackend, fake: FakeModels, model: str) -> None:
    """The server recovers."""
    connecting.enable_model(backend, "good")
    ModelPrice.objects.update(model=backend.models.get(name="good"))


@pytest.mark.parametrize("model", ["prose", "off-schema", "cut-off", "silent", "html"])
def test_a_slip_is_tried_once_more_and_then_left_to_the_person(
    backend: ModelBackend, fake: FakeModels, model: str
) -> None:
    receive()
    use(backend, model)
    for _ in range(4):
        ask_model()
    assert len(fake.requests) == 2
    assert LLMTransaction.objects.filter(is_final=True).count() == 1
    assert ReviewItem.objects.get().state == "open"


def test_a_server_that_refuses_the_key_is_not_asked_again(
    backend: ModelBackend, fake: FakeModels
) -> None:
    receive()
    use(backend, "locked")
    for _ in range(3):
        ask_model()
    assert len(fake.requests) == 1
    backend.refresh_from_db()
    assert backend.is_up is False
    assert "Incorrect API key" in backend.health


def test_a_stored_answer_is_not_paid_for_twice(backend: ModelBackend, fake: FakeModels) -> None:
    receive()
    use(backend, "good")
    ask_model()
    # As if the worker had died between keeping the answer and using it.
    EmailExtraction.objects.update(route="grammar")
    Job.objects.filter(kind="extraction.ask_model").update(
        state="ready", run_after="2026-01-01T00:00:00Z"
    )
    run_due_jobs()
    assert EmailExtraction.objects.get().route == "model"
    assert len(fake.requests) == 1


def test_the_month_s_cap_holds(backend: ModelBackend, fake: FakeModels) -> None:
    receive()
    use(backend, "good")
    ModelPolicy.objects.update(monthly_cap_micros=100)
    ask_model()
    assert fake.requests == []
    backend.refresh_from_db()
    assert "cap" in backend.health


def test_without_a_policy_nothing_is_asked(backend: ModelBackend, fake: FakeModels) -> None:
    receive()
    use(backend, "good")
    ModelPolicy.objects.all().delete()
    ask_model()
    assert fake.requests == []


def test_a_person_s_decision_stays(backend: ModelBackend, fake: FakeModels) -> None:
    receive()
    item = ReviewItem.objects.get()
    dismiss(item.id)
    use(backend, "good")
    ask_model()
    item.refresh_from_db()
    assert item.state == "dismissed"
    assert Transaction.objects.filter(state=TransactionState.POSTED).count() == 0


@pytest.mark.parametrize(
    "forged",
    [
        {"amount": {"value": "9999.00", "currency": "EUR", "quote": "12.50 EUR"}},
        {"amount": {"value": "9999.00", "currency": "EUR", "quote": "9999.00 EUR"}},
        {"amount": {"value": "12.50", "currency": "USD", "quote": "12.50 EUR"}},
        {"amount": {"value": "NaN", "currency": "EUR", "quote": "12.50 EUR"}},
        {"merchant": {"value": "Evil Corp", "quote": "Cafe Sol"}},
        {"date": {"value": "2020-01-01", "quote": "2026-03-02"}},
        {"account": {"value": "0000", "quote": "9999"}},
    ],
)
def test_what_the_message_does_not_say_is_marked(
    backend: ModelBackend, fake: FakeModels, forged: dict[str, Any]
) -> None:
    fake.answers["good"] = answer(**forged)
    receive()
    use(backend, "good")
    ask_model()
    candidate = EmailExtraction.objects.get().candidates[0]
    changed = next(iter(forged))
    name = {"date": "occurred_on", "account": "account_hint"}.get(changed, changed)
    assert name not in candidate["fields"] or "not_grounded" in candidate["reasons"]
    assert candidate["confidence"] < 0.9


def test_the_api_registers_probes_previews_and_retires(fake: FakeModels, in_tenant: Tenant) -> None:
    fake.api_key = "k"
    alice = make_member(in_tenant, email="alice@example.org")
    api = APIClient(headers={"Authorization": f"Bearer {start_session(alice).access}"})
    receive()
    inside = {"label": "Inside", "kind": "ollama", "base_url": "http://10.0.0.1/v1"}
    refused = api.post("/api/v1/model-backends", inside)
    assert (refused.status_code, refused.json()["code"]) == (400, "address_refused")
    body = {"label": "Mine", "kind": "llama_cpp", "base_url": fake.base_url, "api_key": "k"}
    made = api.post("/api/v1/model-backends", body).json()
    assert "api_key" not in made
    at = f"/api/v1/model-backends/{made['id']}"
    assert "good" in api.post(f"{at}/check").json()["models"]
    early = api.post(f"{at}/enable", {"model": "good"})
    assert (early.status_code, early.json()["code"]) == (400, "not_probed")
    assert api.post(f"{at}/probe", {"model": "probed"}).json()["outcome"] == "ok"
    email = str(Email.objects.get().id)
    preview = api.post(f"{at}/preview", {"model": "good", "email": email}).json()
    assert "allowed" in preview["refusal"]
    assert "12.50 EUR" in preview["request"]["messages"][1]["content"]
    policy = {"currency": "EUR", "monthly_cap_micros": 5, "allows_unpriced": True}
    assert api.post("/api/v1/model-policy", policy).json()["spent_micros"] == 0
    assert api.post(f"{at}/enable", {"model": "good"}).status_code == 200
    fake.requests.clear()
    ask_model()
    assert fake.requests[0] == preview["request"], "the preview is exactly what is sent"
    elsewhere = {"base_url": fake.base_url.replace("/v1", "/other")}
    assert api.patch(at, elsewhere).status_code == 400, "a key does not follow to another address"
    assert api.post(f"{at}/retire").json()["has_key"] is False
