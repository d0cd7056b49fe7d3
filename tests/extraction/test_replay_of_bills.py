"""Stored mail read again: what would be different among the bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from extraction import bills, pipeline
from extraction.models import DifferenceKind, DifferenceState, Replay, ReplayDifference
from extraction.reading import Event, Reading, Verdict
from extraction.replaying.running import accept, start
from finance.bills.entering import Notice
from finance.bills.managing import change_bill, dismiss
from finance.categories import seed_default_categories
from finance.models import Bill, BillState
from finance.money import Money
from finance.querysets import today
from mail_ingest.imports import import_upload
from tenancy.models import Tenant
from tenancy.scope import Actor, current_tenant_id, tenant_scope
from tests.extraction.test_bills import archive, invoice
from tests.extraction.test_pipeline import run_jobs

pytestmark = pytest.mark.django_db(transaction=True)
ADA = Actor("user", label="Ada")


@pytest.fixture(autouse=True)
def categories(in_tenant: Tenant) -> None:
    seed_default_categories()


def read_nothing(*args: Any) -> Reading:
    return Reading(Verdict.NOT_FINANCIAL, Event.OTHER)


def misread(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> None:
    """Bills are entered as an older version had read them."""
    told = bills._notice

    def older(*args: Any) -> Notice:
        return replace(told(*args), **changes)

    monkeypatch.setattr(bills, "_notice", older)


def store(*numbers: str) -> None:
    due = today() + timedelta(days=10)
    import_upload(archive(*(invoice(due, number) for number in numbers)), is_own=True)
    run_jobs()


def replay() -> Replay:
    run, _job = start()
    run_jobs()
    return run


def accept_all(run: Replay) -> None:
    for group in set(run.differences.values_list("group", flat=True)):
        accept(run, group=group)
    run_jobs()


def by_person(verb: Any, *args: Any) -> None:
    with tenant_scope(current_tenant_id(), actor=ADA):
        verb(*args)


def found() -> dict[str, Any]:
    return {row.kind: row.changes for row in ReplayDifference.objects.all()}


def test_a_bill_that_older_rules_did_not_see_is_entered_when_accepted(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(pipeline, "read_document", read_nothing)
        store("2026-1", "2026-2")
    run = replay()
    assert not Bill.objects.exists(), "looking enters nothing"
    assert [row.kind for row in ReplayDifference.objects.all()] == [DifferenceKind.NEW_BILL] * 2
    assert {row.changes["reference"]["new"] for row in run.differences.all()} == {
        "2026-1", "2026-2",
    }  # fmt: skip
    accept_all(run)
    assert {str(bill.amount) for bill in Bill.objects.all()} == {"85.68"}
    assert Bill.objects.count() == 2
    assert set(run.differences.values_list("state", flat=True)) == {DifferenceState.ACCEPTED}
    replay()
    assert ReplayDifference.objects.count() == 2, "nothing is different any more"


def test_what_was_read_otherwise_is_mended_when_accepted(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        misread(older, amount=Money.parse("58.86", "EUR"), payee="Somebody")
        store("2026-1")
    run = replay()
    assert found() == {
        "changed_bill": {
            "amount": {"old": "58.86 EUR", "new": "85.68 EUR"},
            "payee": {"old": "Somebody", "new": "Donau Strom"},
        }
    }
    assert str(Bill.objects.get().amount) == "58.86"
    accept_all(run)
    bill = Bill.objects.get()
    assert (str(bill.amount), bill.payee) == ("85.68", "Donau Strom")


def test_what_a_person_has_set_stays(in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        misread(older, amount=Money.parse("58.86", "EUR"), payee="Somebody")
        store("2026-1")
    by_person(change_bill, Bill.objects.get().pk, {"amount": Money.parse("60.00", "EUR")})
    run = replay()
    assert set(found()["changed_bill"]) == {"payee"}
    by_person(change_bill, Bill.objects.get().pk, {"payee": "Donau Strom GmbH"})
    accept_all(run)
    assert run.differences.get().state == DifferenceState.REFUSED
    bill = Bill.objects.get()
    assert (str(bill.amount), bill.payee) == ("60.00", "Donau Strom GmbH")


def test_what_is_no_bill_any_more_is_dismissed_when_accepted(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    store("2026-1")
    with monkeypatch.context() as newer:
        newer.setattr(pipeline, "read_document", read_nothing)
        run = replay()
        assert found() == {"gone_bill": {}}
        accept_all(run)
    assert Bill.objects.get().state == BillState.DISMISSED


def test_what_a_person_has_dismissed_is_left_alone(
    in_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        misread(older, amount=Money.parse("58.86", "EUR"))
        store("2026-1")
    by_person(dismiss, Bill.objects.get().pk)
    replay()
    assert found() == {}


def test_what_two_messages_word_differently_was_not_misread(in_tenant: Tenant) -> None:
    due = today() + timedelta(days=10)
    reminder = invoice(due, "2026-1", "Erinnerung").replace(b"Donau Strom", b"Donau Strom GmbH")
    import_upload(archive(invoice(due, "2026-1"), reminder), is_own=True)
    run_jobs()
    assert Bill.objects.get().notices.count() == 2
    replay()
    assert found() == {}
