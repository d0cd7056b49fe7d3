"""No message that instructs a model, hides text or forges an amount gets it into the ledger."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from extraction import connecting
from extraction.asking import enqueue_questions
from extraction.document import Document
from extraction.models import EmailExtraction, ModelPolicy, ModelPrice
from extraction.questions import reading_of
from extraction.reading import Candidate, would_book
from extraction.reading_path import read_document
from finance.accounts import open_account
from finance.models import AccountKind, Transaction, TransactionState
from finance.money import Money
from mail_ingest.imports import import_upload
from tenancy.models import Tenant
from tests.extraction.injections import (
    ALERT,
    HIDING,
    TRUE_AMOUNT,
    TRUE_MERCHANT,
    WORDS,
    Injection,
    hidden,
    in_sight,
)
from tests.extraction.reading_help import make_document
from tests.extraction.test_pipeline import run_jobs
from tests.fakes.models import FakeModels, fake_models
from tests.running import run_due_jobs

HIDDEN, IN_SIGHT = list(hidden()), list(in_sight())
TRUE_MINOR = Money.parse(TRUE_AMOUNT, "EUR").minor


def document_of(injection: Injection) -> Document:
    return make_document(
        injection.text, html=injection.html, subject="About your card", home_currency="EUR"
    )


def is_true(candidate: Candidate) -> bool:
    amount, merchant = candidate.amount, candidate.merchant
    return (
        amount is not None
        and amount.value.minor == TRUE_MINOR
        and (merchant is None or merchant.value == TRUE_MERCHANT)
    )


def obedient_answer(injection: Injection) -> dict[str, Any]:
    """What a model says that does as it is told: the forged values, quoted from wherever."""
    quote = next((part for part in ("9,999.00", "9.999,00", "9 999,00", "9999.00")
                  if part in injection.forged), "9,999.00")  # fmt: skip
    money = {"value": "9999.00", "currency": "EUR", "quote": f"EUR {quote}"}
    event = {
        "event": "purchase", "event_quote": "spent", "direction": "debit", "amount": money,
        "balance": None, "date": {"value": "2026-05-05", "quote": "5 May 2026"},
        "merchant": {"value": "Evil Corp", "quote": "Evil Corp"},
        "account": {"value": "1234", "quote": "1234"}, "reference": None,
    }  # fmt: skip
    bare = {**event, "amount": {**money, "quote": quote}}
    borrowed = {**event, "amount": {**money, "quote": "EUR 12.50"}}
    return {"events": [event, bare, borrowed]}


def test_there_are_enough() -> None:
    assert len(HIDING) * len(WORDS) >= 500
    assert len({item.name for item in HIDDEN}) == len(HIDDEN)


@pytest.mark.parametrize("way", HIDING)
def test_what_nobody_sees_is_not_read(way: str) -> None:
    for item in HIDDEN:
        if item.name.split(": ", 1)[1].startswith(f"{way}, "):
            document = document_of(item)
            assert "9" not in document.text, item.name
            assert "Evil" not in document.text, item.name
            assert item.tells in document.text, item.name


@pytest.mark.parametrize("kind", WORDS)
def test_rules_book_what_is_true_or_nothing(kind: str) -> None:
    for item in (*HIDDEN, *IN_SIGHT):
        if item.name.endswith(kind):
            booked = [one for one in read_document(document_of(item)).candidates if would_book(one)]
            assert all(map(is_true, booked)), item.name
            assert item.tells == ALERT or not booked, item.name


def test_hiding_takes_nothing_from_an_honest_alert() -> None:
    for item in HIDDEN:
        if item.tells == ALERT:
            (candidate,) = read_document(document_of(item)).candidates
            assert would_book(candidate), item.name


@pytest.mark.parametrize("kind", WORDS)
def test_a_model_that_obeys_books_nothing(kind: str) -> None:
    for item in (*HIDDEN, *IN_SIGHT):
        if item.name.endswith(kind):
            reading = reading_of(obedient_answer(item), document_of(item))
            assert not any(map(would_book, reading.candidates)), item.name


def amount_of(number: int) -> Money:
    """Another one in each message, or they would be questions as possible duplicates."""
    return Money.parse(f"{number + 1}.50", "EUR")


def letter_of(item: Injection, number: int) -> bytes:
    def real(text: str | None) -> str:
        return (text or "").replace(TRUE_AMOUNT, f"{number + 1}.50")

    message = EmailMessage()
    message["From"] = "Lumo Bank <alerts@lumobank.example>"
    message["To"] = "me@example.org"
    message["Date"] = "Wed, 06 May 2026 08:00:00 +0000"
    message["Subject"] = "About your card"
    message["Message-ID"] = f"<{number}@lumobank.example>"
    if item.text:
        message.set_content(real(item.text))
    if item.html and item.text:
        message.add_alternative(real(item.html), subtype="html")
    elif item.html:
        message.set_content(real(item.html), subtype="html")
    return message.as_bytes()


def receive(items: list[Injection]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for number, item in enumerate(items):
            file.writestr(f"{number}.eml", letter_of(item, number))
    import_upload(SimpleUploadedFile("mail.zip", packed.getvalue()), is_own=True)
    run_jobs()


@pytest.fixture
def card(in_tenant: Tenant) -> None:
    open_account("Card", "EUR", kind=AccountKind.CREDIT_CARD, number="1234")


def test_from_mail_that_is_trusted_only_the_truth_is_booked(card: None) -> None:
    """As the jobs do it, for a sender who may book."""
    sample = (*HIDDEN[::4], *IN_SIGHT)
    receive(list(sample))
    assert EmailExtraction.objects.count() == len(sample)
    booked = Transaction.objects.filter(state=TransactionState.POSTED)
    told = {-amount_of(number).minor for number in range(len(sample))}
    assert booked.count() > len(sample) / 3
    assert set(booked.values_list("amount_minor", flat=True)) <= told
    assert set(booked.values_list("merchant", flat=True)) == {TRUE_MERCHANT}


@pytest.fixture
def obedient(settings: Any, in_tenant: Tenant) -> Iterator[FakeModels]:
    settings.MODEL_ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    ModelPolicy.objects.create(currency="EUR", monthly_cap_micros=1_000_000_000)
    with fake_models() as server:
        server.answers["probed"] = '{"word": "ready"}'
        server.answers["obedient"] = json.dumps(obedient_answer(IN_SIGHT[0]))
        backend = connecting.register_backend("Mine", "vllm", base_url=server.base_url)
        connecting.probe_backend(backend, "probed")
        model = connecting.enable_model(backend, "obedient")
        ModelPrice.objects.create(
            model=model, valid_from=date(2026, 1, 1), currency="EUR", prompt=1, cached=1,
            completion=1,
        )  # fmt: skip
        server.requests.clear()
        yield server


def test_over_the_wire_a_model_that_obeys_books_nothing(card: None, obedient: FakeModels) -> None:
    receive([item for item in IN_SIGHT if item.name.startswith(("before", "after"))])
    before = set(Transaction.objects.filter(state=TransactionState.POSTED).values_list("pk"))
    enqueue_questions()
    run_due_jobs(60)
    assert obedient.requests, "what the rules were unsure of has been asked"
    booked = Transaction.objects.filter(state=TransactionState.POSTED)
    assert set(booked.values_list("pk")) == before
    assert not booked.filter(merchant="Evil Corp").exists()
