"""Announcements in the ledger: told, confirmed, met, overdue."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from finance import ledger as verbs
from finance.daily import DoDailyWork, enqueue_daily_work
from finance.ledger import Source
from finance.models import Announcement, AnnouncementKind, FinancialAccount, Subscription
from finance.querysets import today
from finance.subscriptions.announcing import Said, confirm, dismiss, hear
from finance.subscriptions.deciding import accept
from finance.subscriptions.finding import find_subscriptions
from finance.subscriptions.refunds import watch_refunds
from jobs.models import Job
from jobs.runner import JobRunner
from tenancy.models import Tenant
from tests.finance.make import make_posted
from tests.finance.test_recurring import money, notices
from tests.finance.test_recurring_pages import text
from tests.finance.test_subscriptions import charge, suggested
from tests.make import make_member
from tests.pages import member

ANNOUNCEMENTS = "/api/v1/announcements"


def said(kind: str, name: str = "Filmbox", **fields: Any) -> Said:
    source = Source("email", str(uuid.uuid4()))
    return Said(source, AnnouncementKind(kind), name, **({"told_on": today()} | fields))


def heard(kind: str, **fields: Any) -> Announcement:
    return hear([said(kind, **fields)])[0]


def test_a_message_is_heard_once(giro: FinancialAccount) -> None:
    one = said("trial_ends", day=today())
    assert len(hear([one, one])) == 1
    assert hear([one]) == []
    # Another trial, on another day, is another announcement; what is long past is none.
    assert len(hear([said("trial_ends", day=today() + timedelta(30))])) == 1
    assert hear([said("renews", day=today() - timedelta(90))]) == []
    assert hear([said("trial_ends"), said("price_changes")]) == []


def test_a_price_that_will_rise_is_told_at_once(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    subscription = accept(suggested(giro).pk)
    row = heard("price_changes", amount=money("11.99"), day=today() + timedelta(30))
    assert row.subscription == subscription
    told = notices("price_rise")
    assert [(f["old"]["amount"], f["new"]["amount"]) for f in told] == [("9.99", "11.99")]
    heard("price_changes", amount=money("8.99"), old_amount=money("9.99"))
    assert len(notices("price_rise")) == 1
    dismiss(row.pk)
    assert notices("price_rise") == []


def test_a_confirmed_cancellation_ends_it_and_a_charge_after_it_is_told(
    giro: FinancialAccount,
) -> None:
    make_member(giro.tenant)
    row = accept(suggested(giro).pk)
    announced = heard("cancelled")
    row.refresh_from_db()
    assert (row.state, announced.state) == ("cancelled", "met")
    Subscription.objects.filter(pk=row.pk).update(cancelled_on=row.next_on - timedelta(2))
    find_subscriptions(row.next_on - timedelta(1))
    assert notices("cancelled_charged") == []
    charge(giro, [row.next_on])
    find_subscriptions(row.next_on)
    find_subscriptions(row.next_on + timedelta(1))
    assert [f["amount"]["amount"] for f in notices("cancelled_charged")] == ["9.99"]


def test_what_is_doubted_changes_nothing_until_confirmed(giro: FinancialAccount) -> None:
    row = accept(suggested(giro).pk)
    announced = heard("cancelled", doubts=("unverified_sender",))
    row.refresh_from_db()
    assert (row.state, announced.state) == ("accepted", "proposed")
    confirm(announced.pk)
    row.refresh_from_db()
    assert row.state == "cancelled"


def test_a_promised_refund_is_open_until_the_credit_comes(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    promised, due = today() - timedelta(10), today() + timedelta(4)
    row = heard("refund", told_on=promised, day=due, amount=money("20.00"))
    make_posted(giro, "-20.00", booked_on=promised, merchant="Filmbox")
    make_posted(giro, "20.00", booked_on=promised, merchant="Somebody else")
    make_posted(giro, "19.00", booked_on=promised, merchant="Filmbox")
    make_posted(giro, "20.00", booked_on=promised - timedelta(9), merchant="Filmbox")
    assert [watch_refunds(due + timedelta(n)) for n in (0, 2, 3, 4)] == [0, 0, 1, 0]
    told = notices("refund_overdue")
    assert [(f["name"], f["amount"]["amount"]) for f in told] == [("Filmbox", "20.00")]
    credit = make_posted(giro, "20.00", booked_on=today(), merchant="FILMBOX GMBH")
    watch_refunds(due + timedelta(5))
    row.refresh_from_db()
    assert (row.state, row.met_by) == ("met", credit)
    assert notices("refund_overdue") == []
    verbs.void(credit.pk)
    watch_refunds(due + timedelta(6))
    row.refresh_from_db()
    assert (row.state, row.met_by) == ("open", None)


def test_one_credit_meets_one_promise(giro: FinancialAccount) -> None:
    heard("refund", amount=money("20.00"))
    heard("refund", amount=money("30.00"))
    make_posted(giro, "20.00", booked_on=today(), merchant="Filmbox")
    watch_refunds(today())
    watch_refunds(today())
    assert list(Announcement.objects.order_by("amount_minor").values_list("state", flat=True)) == [
        "met", "open",
    ]  # fmt: skip


def test_the_daily_work_tells(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    heard("trial_ends", day=today() + timedelta(1))
    heard("refund", told_on=today() - timedelta(30), day=today() - timedelta(16))
    enqueue_daily_work()
    job = Job.objects.get(kind=DoDailyWork.kind)
    JobRunner.run(job.pk)
    job.refresh_from_db()
    assert (job.result["trials_told"], job.result["refunds_overdue"]) == (1, 1)


def test_api_and_page(ledger: Tenant, giro: FinancialAccount) -> None:
    heard("trial_ends", day=today() + timedelta(1), amount=money("11.99"))
    waiting = heard("price_changes", amount=money("12.99"), old_amount=money("9.99"),
                    doubts=("new_sender",))  # fmt: skip
    browser: Client = member(ledger)
    shown = text(browser.get("/recurring/subscriptions/"))
    assert "cancel by" in shown
    assert "To be confirmed" in shown
    api = APIClient()
    api.force_login(make_member(ledger, email="bob@example.org"))
    row = api.get(ANNOUNCEMENTS, {"kind": "trial_ends"}).json()["data"][0]
    assert (row["amount"], row["cancel_by"]) == ("11.99", today().isoformat())
    confirmed = api.post(f"{ANNOUNCEMENTS}/{waiting.pk}/confirm").json()
    assert (confirmed["state"], confirmed["doubts"]) == ("open", [])
    browser.post(f"/recurring/announcements/{waiting.pk}/dismiss/")
    assert api.get(f"{ANNOUNCEMENTS}/{waiting.pk}").json()["state"] == "dismissed"
    refused = api.post(f"{ANNOUNCEMENTS}/{waiting.pk}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (409, "done")


@pytest.mark.parametrize("verb", ["forget", "confirm"])
def test_unknown_rows_and_verbs_are_not_there(ledger: Tenant, verb: str) -> None:
    browser = member(ledger)
    answer = browser.post(f"/recurring/announcements/{uuid.uuid4()}/{verb}/")
    assert answer.status_code == 404
