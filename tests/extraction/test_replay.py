"""Reading stored mail again: what would be different, and what accepting it does."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.tokens import start_session
from extraction import pipeline
from extraction.models import (
    DifferenceKind,
    DifferenceState,
    EmailExtraction,
    Replay,
    ReplayDifference,
)
from extraction.reading import Event, Reading, Verdict
from extraction.replaying.running import ReplayError, accept, start
from finance import ledger, review
from finance.accounts import open_account
from finance.models import FinancialAccount, ReviewItem, Transaction, TransactionState
from finance.money import Money
from jobs.models import Job, JobState
from mail_ingest.models import ConnectedAccount, Email, EmailState, RawMessage
from mail_ingest.parsing import UnparsableMessage
from tenancy.models import Tenant
from tenancy.scope import Actor, current_tenant_id, tenant_scope
from tests.extraction.test_pipeline import import_mail, run_jobs
from tests.make import make_member
from tests.pages import member

pytestmark = pytest.mark.django_db(transaction=True)

SALARY, RENT = "de-demo-0601-salary.eml", "de-demo-0603-rent.eml"
MACHINE = Actor("job", label="an older version")


def read_nothing(*args: Any) -> Reading:
    return Reading(Verdict.NOT_FINANCIAL, Event.OTHER)


def replay(**which: Any) -> Replay:
    run, _job = start(**which)
    run_jobs()
    assert list(Job.objects.exclude(state=JobState.SUCCEEDED)) == []
    run.refresh_from_db()
    return run


def misread(**changes: Any) -> Transaction:
    """As an older version had read what is booked. Returns the first of it."""
    rows = Transaction.objects.order_by("booked_on")
    with tenant_scope(current_tenant_id(), actor=MACHINE):
        first, *_ = [ledger.edit(row.pk, changes) for row in rows]  # type: ignore[arg-type]
    return first


def as_person(verb: Any, *args: Any) -> Any:
    with tenant_scope(current_tenant_id(), actor=Actor("user", label="Ada")):
        return verb(*args)


def only() -> ReplayDifference:
    found: ReplayDifference = ReplayDifference.objects.get()
    return found


def test_what_is_read_differently_is_shown_and_applied_when_accepted(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    before = Transaction.objects.get()
    misread(amount=Money.parse("1.00", before.currency), merchant="Wrong")
    run = replay()
    assert (run.read, run.finished_at is not None) == (1, True)
    found = only()
    assert found.kind == DifferenceKind.CHANGED
    assert found.changes["merchant"] == {"old": "Wrong", "new": before.merchant}
    assert Transaction.objects.get().merchant == "Wrong", "nothing changes before it is accepted"
    accept(run, group=found.group)
    run_jobs()
    row = Transaction.objects.get()
    assert (row.amount, row.merchant, row.locked) == (before.amount, before.merchant, [])
    assert only().state == DifferenceState.ACCEPTED
    assert EmailExtraction.objects.get().state == "booked"
    with pytest.raises(ReplayError, match="open"):
        accept(run, group=found.group)


def test_what_a_person_has_set_stays(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    row = Transaction.objects.get()
    as_person(ledger.edit, row.pk, {"merchant": "My employer"})
    misread(booked_on=date(2020, 1, 1))
    run = replay()
    assert set(only().changes) == {"booked_on"}
    accept(run, group=only().group)
    run_jobs()
    row.refresh_from_db()
    assert (row.merchant, row.booked_on.year) == ("My employer", 2026)


def test_what_older_rules_did_not_see_is_booked_when_accepted(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(pipeline, "read_document", read_nothing)
        import_mail([SALARY])
    assert not Transaction.objects.exists()
    run = replay()
    assert only().kind == DifferenceKind.NEW
    assert only().changes["account_id"]["old"] is None
    assert not FinancialAccount.objects.exists(), "looking opens no account"
    accept(run, group=only().group)
    run_jobs()
    assert Transaction.objects.get().state == TransactionState.POSTED


def test_what_is_no_transaction_any_more_is_voided_when_accepted(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mail([SALARY])
    monkeypatch.setattr(pipeline, "read_document", read_nothing)
    run = replay()
    assert only().kind == DifferenceKind.GONE
    accept(run, ids=[only().pk])
    run_jobs()
    assert Transaction.objects.get().state == TransactionState.VOID


def test_what_a_person_has_confirmed_or_dismissed_is_left_alone(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_account("Giro", "EUR", number="4417")
    import_mail([SALARY, RENT], is_own=False)
    one, other = ReviewItem.objects.all()
    as_person(review.accept, one.pk)
    as_person(review.dismiss, other.pk)
    monkeypatch.setattr(pipeline, "read_document", read_nothing)
    replay()
    monkeypatch.undo()
    replay()
    assert not ReplayDifference.objects.exists()


@pytest.mark.parametrize("knows_account", [True, False])
def test_what_needs_no_question_any_more_can_be_booked_at_once(
    in_tenant: Tenant, *, knows_account: bool
) -> None:
    if knows_account:
        open_account("Giro", "EUR", number="4417")
    import_mail([SALARY, RENT], is_own=False)
    if knows_account:
        as_person(ledger.edit, Transaction.objects.all()[0].pk, {"merchant": "Mine"})
    ConnectedAccount.objects.update(is_own=True)
    run = replay()
    assert set(ReplayDifference.objects.values_list("kind", flat=True)) == {"bookable"}
    for group in set(ReplayDifference.objects.values_list("group", flat=True)):
        accept(run, group=group)
    run_jobs()
    assert Transaction.objects.filter(state=TransactionState.POSTED).count() == 2
    assert Transaction.objects.filter(merchant="Mine").exists() is knows_account
    assert not ReviewItem.objects.filter(state="open").exists()


def test_what_has_changed_meanwhile_is_refused(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    misread(merchant="Wrong")
    run = replay()
    as_person(ledger.edit, Transaction.objects.get().pk, {"merchant": "Mine"})
    accept(run, group=only().group)
    run_jobs()
    assert (only().state, Transaction.objects.get().merchant) == ("refused", "Mine")
    assert "meanwhile" in only().note


def test_mail_kept_by_its_headers_alone_is_not_read_again(in_tenant: Tenant) -> None:
    import_mail([SALARY, RENT])
    RawMessage.objects.filter(emails__subject__startswith="Zahlungseingang").update(
        is_headers_only=True
    )
    run = replay()
    assert run.read == Email.objects.filter(raw__is_headers_only=False).count() < 2
    assert not ReplayDifference.objects.exists()


@pytest.mark.parametrize(
    ("which", "code"),
    [
        ({"sender": "nobody@nowhere.example"}, "no_messages"),
        ({"since": date(2026, 2, 2), "until": date(2026, 2, 1)}, "days_reversed"),
    ],
)
def test_nothing_to_read_is_said_at_once(
    in_tenant: Tenant, which: dict[str, Any], code: str
) -> None:
    import_mail([SALARY])
    with pytest.raises(ReplayError) as told:
        start(**which)
    assert told.value.code == code
    assert not Replay.objects.exists()


def test_the_api_starts_shows_and_decides(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    misread(merchant="Wrong")
    access = start_session(make_member(in_tenant)).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    answer = api.post("/api/v1/extractions/replay", {"since": "2026-01-01"}, format="json")
    assert answer.status_code == 202, answer.content
    run_jobs()
    url = f"/api/v1/replays/{answer.json()['id']}"
    (group,) = api.get(url).json()["groups"]
    assert (group["kind"], group["count"], group["open"]) == ("changed", 1, 1)
    (row,) = api.get("/api/v1/replay-differences", {"group": group["group"]}).json()["data"]
    assert row["changes"]["merchant"]["old"] == "Wrong"
    assert api.post(f"{url}/accept", {"group": group["group"]}, format="json").status_code == 202
    run_jobs()
    assert Transaction.objects.get().merchant != "Wrong"
    assert api.post(f"{url}/dismiss", {}, format="json").json() == {"dismissed": 0}


def test_the_page_starts_shows_and_decides(in_tenant: Tenant) -> None:
    browser: Client = member(in_tenant)
    import_mail([SALARY])
    misread(merchant="Wrong")
    assert browser.get("/reading/").status_code == 200
    wrong = browser.post("/reading/replays/", {"sender": "nobody@nowhere.example"})
    assert (wrong.status_code, "No stored message fits" in wrong.content.decode()) == (422, True)
    url = browser.post("/reading/replays/", {})["Location"]
    run_jobs()
    page = browser.get(url).content.decode()
    assert "Merchant: Wrong" in page
    browser.post(f"{url}decide/", {"group": only().group, "accept": "1"})
    run_jobs()
    assert "Decided" in browser.get(url).content.decode()
    assert Transaction.objects.get().merchant != "Wrong"


def test_the_command_enqueues_and_checks_its_tenant(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    out = io.StringIO()
    call_command("reextract", tenant=str(in_tenant.pk), stdout=out)
    assert "is enqueued as job" in out.getvalue()
    with pytest.raises(CommandError, match="no tenant"):
        call_command("reextract", tenant="nobody")


def test_one_message_is_read_again_from_its_page(in_tenant: Tenant) -> None:
    import_mail([SALARY, RENT])
    first = misread(merchant="Misread")
    browser = member(in_tenant)
    page = browser.get(f"/emails/{first.source_id}/").content.decode()
    assert "Read again" in page and f"/api/v1/emails/{first.source_id}/raw" in page
    answer = browser.post(f"/emails/{first.source_id}/read-again/")
    run_jobs()
    run = Replay.objects.get()
    assert answer.headers["Location"] == f"/reading/replays/{run.pk}/"
    assert (run.read, str(run.email_id)) == (1, first.source_id)
    (difference,) = ReplayDifference.objects.all()
    assert difference.changes["merchant"]["old"] == "Misread"
    subject = Email.objects.get(pk=first.source_id).subject
    assert subject in browser.get(answer.headers["Location"]).content.decode()


def test_the_api_reads_one_message_again_and_none_next_door(
    in_tenant: Tenant, stranger: Tenant
) -> None:
    import_mail([SALARY, RENT])
    with tenant_scope(stranger.id):
        import_mail([SALARY])
        theirs = Email.objects.get()
    access = start_session(make_member(in_tenant)).access
    api = APIClient(headers={"Authorization": f"Bearer {access}"})
    email = Email.objects.all()[0]
    answer = api.post("/api/v1/extractions/replay", {"email": str(email.pk)}, format="json")
    assert (answer.status_code, answer.json()["email"]) == (202, str(email.pk))
    run_jobs()
    assert api.get(f"/api/v1/replays/{answer.json()['id']}").json()["read"] == 1
    refused = api.post("/api/v1/extractions/replay", {"email": str(theirs.pk)}, format="json")
    assert refused.status_code == 400


def test_a_quarantined_message_is_parsed_again_from_its_page(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_mail([SALARY])
    email = Email.objects.get()
    Email.objects.update(state=EmailState.QUARANTINED, problem="A part is broken.")
    EmailExtraction.objects.all().delete()
    browser = member(in_tenant)
    assert "Read again" in browser.get(f"/emails/{email.pk}/").content.decode()

    def still_broken(raw: bytes) -> None:
        raise UnparsableMessage("It is broken still.")

    with monkeypatch.context() as patched:
        patched.setattr("mail_ingest.storage.parse_message", still_broken)
        page = browser.post(f"/emails/{email.pk}/read-again/", follow=True).content.decode()
    assert "It still cannot be read." in page
    page = browser.post(f"/emails/{email.pk}/read-again/", follow=True).content.decode()
    assert "It can be read now" in page
    email.refresh_from_db()
    assert email.state == EmailState.STORED
