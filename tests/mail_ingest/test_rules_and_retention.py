"""A tenant's own rules about its mail, and how much of it is kept."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from extraction.models import EmailExtraction
from extraction.scheduling import enqueue_pending_emails
from finance.models import Transaction
from jobs.runner import JobRunner
from mail_ingest.imports import import_upload
from mail_ingest.models import Email, MailPolicy, MailRule, RawMessage
from mail_ingest.retention import cut_to_headers
from mail_ingest.rules import fits
from mail_ingest.storage import load_raw
from tenancy.models import Tenant
from tenancy.scope import all_tenants
from tests.mail_ingest.make import make_message
from tests.running import run_due_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_tenant")]

PRIVATE = b"""\
From: Bob <bob@friends.example>
Subject: Saturday
Message-ID: <1@friends.example>
Date: Tue, 03 Mar 2026 10:00:00 +0100

Shall we go for a walk in the woods? The secret place is behind the oak.
"""
BOOKED = b"""\
From: Harbour Bank <alerts@harbour.example>
Subject: Card purchase
Message-ID: <2@harbour.example>
Date: Tue, 03 Mar 2026 10:00:00 +0100

You spent 12.50 EUR at CORNER SHOP with your card ending 4417 on 03/03/2026.
"""


def receive(raw: bytes) -> Email:
    import_upload(SimpleUploadedFile("mail.eml", raw), is_own=True)
    run_due_jobs()
    enqueue_pending_emails()
    run_due_jobs()
    found: Email = Email.objects.latest("id")
    return found


def test_of_a_private_message_only_the_headers_are_kept() -> None:
    email = receive(PRIVATE)
    kept = load_raw(email)
    assert b"Saturday" in kept
    assert b"oak" not in kept
    assert RawMessage.objects.get().is_headers_only
    assert "No amount and no word of money" in email.screening_reason
    again = receive(PRIVATE)
    assert again == email, "the same bytes are recognised all the same"


def test_a_tenant_may_keep_everything() -> None:
    MailPolicy.objects.create(keeps_unfinancial=True)
    assert b"oak" in load_raw(receive(PRIVATE))


def test_a_message_about_money_is_kept_whole() -> None:
    assert b"12.50 EUR" in load_raw(receive(BOOKED))


def test_a_rule_leaves_out_or_lets_in() -> None:
    MailRule.objects.create(action="exclude", sender="harbour.example")
    email = receive(BOOKED)
    assert email.screening == "unlikely"
    assert "Your rule" in email.screening_reason
    assert not Transaction.objects.exists()
    MailRule.objects.create(action="include", sender="bob@friends.example", position=1)
    assert receive(PRIVATE).screening == "possible"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"sender": "harbour.example"}, True),
        ({"sender": "HARBOUR.example"}, True),
        ({"sender": "example"}, True),
        ({"sender": "bour.example"}, False),
        ({"sender": "news@mail.harbour.example"}, True),
        ({"sender": "harbour.example", "subject": "offer"}, True),
        ({"sender": "harbour.example", "subject": "statement"}, False),
        ({"folder": "Bank"}, True),
        ({"folder": "Ban"}, False),
    ],
)
def test_all_conditions_of_a_rule_must_hold(rule: dict[str, str], *, expected: bool) -> None:
    said = {"sender": "news@mail.harbour.example", "subject": "An OFFER", "folder": "bank"}
    assert fits(MailRule(action="exclude", **rule), **said) is expected


def test_a_preview_tells_what_a_rule_would_have_taken_and_saves_nothing(api: APIClient) -> None:
    receive(BOOKED)
    receive(PRIVATE)
    rule = {"action": "exclude", "sender": "harbour.example"}
    seen = api.post("/api/v1/mail-rules/preview", rule).json()
    assert (seen["looked_at"], seen["taken"], seen["changed"]) == (2, 1, 1)
    assert seen["examples"][0]["subject"] == "Card purchase"
    assert not MailRule.objects.exists()
    assert api.post("/api/v1/mail-rules", rule).status_code == 201
    empty = api.post("/api/v1/mail-rules", {"action": "exclude"})
    assert empty.status_code == 400
    assert "take everything" in str(empty.json())


def forget() -> dict[str, Any]:
    with all_tenants("a test"):
        JobRunner.enqueue("extraction.forget_mail")
        run_due_jobs()
    return {}


def test_after_its_time_a_message_is_forgotten_but_never_the_evidence() -> None:
    booked = receive(BOOKED)
    assert Transaction.objects.count() == 1
    other = receive(make_message(2, subject="Newsletter with 5.00 EUR off").replace(
        b"You paid 2.50 EUR at the corner shop.", b"Save 5.00 EUR with code SPRING today!"
    ))  # fmt: skip
    MailPolicy.objects.create(keep_days=30)
    Email.objects.update(received_at=timezone.now() - timedelta(days=29))
    forget()
    assert b"SPRING" in load_raw(other)
    Email.objects.update(received_at=timezone.now() - timedelta(days=31))
    forget()
    other, booked = Email.objects.get(id=other.id), Email.objects.get(id=booked.id)
    assert b"SPRING" not in load_raw(other)
    assert other.snippet == ""
    assert b"12.50 EUR" in load_raw(booked)
    MailPolicy.objects.update(forgets_evidence=True)
    forget()
    assert b"12.50 EUR" not in load_raw(Email.objects.get(id=booked.id))


def test_what_the_rules_found_unfinancial_is_forgotten_after_a_second_look(tenant: Tenant) -> None:
    garden = make_message(3, subject="The garden")
    email = receive(garden.replace(b"You paid 3.50 EUR", b"The 3.50 metre fence is"))
    EmailExtraction.objects.update(state="not_financial")
    forget()
    assert b"fence" in load_raw(Email.objects.get(id=email.id))
    Email.objects.update(created_at=timezone.now() - timedelta(days=31))
    forget()
    assert b"fence" not in load_raw(Email.objects.get(id=email.id))


def test_the_policy_is_set_by_the_api(api: APIClient) -> None:
    default = {"keeps_unfinancial": False, "keep_days": None, "forgets_evidence": False}
    assert api.get("/api/v1/mail-policy").json() == default
    assert api.post("/api/v1/mail-policy", {"keep_days": 90}).json()["keep_days"] == 90


@pytest.mark.parametrize("end", ["", "\n \nsecret words\n\nmore\n"])
def test_headers_stay_and_nothing_else_whatever_parts_them(in_tenant: Tenant, end: str) -> None:
    head = b"From: a@b.example\nSubject: Hello\nDate: Tue, 03 Mar 2026 10:00:00 +0100\n"
    raw = RawMessage(data=zlib.compress(head + end.encode()))
    assert cut_to_headers(raw)
    kept = zlib.decompress(raw.data)
    assert b"Subject: Hello" in kept and b"secret" not in kept
