"""Bills, trials, renewals and refunds become tasks: once, and in step with the ledger."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.bills import managing
from finance.bills.entering import Notice, enter_many
from finance.bills.paying import match_payments
from finance.ledger import Source, void
from finance.models import AnnouncementKind, Bill
from finance.money import Money
from finance.querysets import today
from finance.subscriptions import announcing
from finance.subscriptions.announcing import Said, hear
from finance.subscriptions.refunds import watch_refunds
from jobs.clock import database_now
from jobs.models import Job
from jobs.runner import JobRunner
from notifications.models import Notification
from organizer import todo
from organizer.following import follow, set_task_policy
from organizer.jobs import FollowLedger, enqueue_following
from organizer.models import Task, TaskPolicy
from organizer.telling import tell_due_tasks
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.finance.make import make_account, make_posted
from tests.make import make_member

SOON = timedelta(5)


def euros(text: str) -> Money:
    return Money.parse(text, "EUR")


def make_bill(payee: str = "Stadtwerke", **fields: Any) -> Bill:
    values = {"amount": euros("84.20"), "due_on": today() + SOON, "reference": "R-17"} | fields
    return managing.add_bill(payee, **values)


def announce(kind: str, day: date | None, name: str = "Filmbox", **fields: Any) -> Any:
    source = Source("email", str(uuid.uuid4()))
    said = Said(source, AnnouncementKind(kind), name, fields.pop("told_on", today()), day, **fields)
    return hear([said])[0]


def tasks() -> list[tuple[str, date | None, str]]:
    rows = Task.objects.order_by("due_on", "id")
    return [(row.title, row.due_on, row.state) for row in rows]


def only() -> Task:
    row: Task = Task.objects.get()
    return row


def pay(bill: Bill) -> Any:
    bill.refresh_from_db()
    payment = make_posted(make_account(), f"-{bill.amount}", booked_on=today(), merchant=bill.payee)
    match_payments(today())
    return payment


def test_a_bill_becomes_one_task_with_what_it_asks_for(in_tenant: Tenant) -> None:
    make_bill()
    make_bill("No day", due_on=None)
    for _ in range(3):
        follow(today())
    assert tasks() == [("Pay Stadtwerke", today() + SOON, "open")]
    assert (only().amount, only().reference) == (euros("84.20"), "R-17")


def test_the_payment_closes_it_and_voiding_opens_it_again(in_tenant: Tenant) -> None:
    bill = make_bill()
    follow(today())
    payment = pay(bill)
    assert follow(today()).closed == 1
    assert (only().state, only().closed_by_ledger) == ("done", True)
    assert follow(today()).closed == 0
    void(payment.pk)
    assert follow(today()).opened == 1
    assert (only().state, only().done_at, only().closed_by_ledger) == ("open", None, False)
    managing.dismiss(bill.pk)
    follow(today())
    assert only().state == "dropped"
    managing.reopen(bill.pk)
    follow(today())
    assert only().state == "open"


def test_a_payment_that_was_not_it_opens_it_again(in_tenant: Tenant) -> None:
    bill = make_bill()
    follow(today())
    pay(bill)
    follow(today())
    managing.reopen(bill.pk)
    follow(today())
    assert only().state == "open"


def test_what_was_paid_before_is_no_task(in_tenant: Tenant) -> None:
    pay(make_bill())
    follow(today())
    assert tasks() == []


def test_a_doubtful_bill_is_no_task_until_it_is_confirmed(in_tenant: Tenant) -> None:
    notice = Notice(
        Source("email", str(uuid.uuid4())), "Stadtwerke", today(), euros("10.00"), "EUR",
        today() + SOON, doubts=("new_sender",),
    )  # fmt: skip
    (bill,) = enter_many([notice])
    follow(today())
    assert tasks() == []
    managing.confirm(bill.pk)
    follow(today())
    assert len(tasks()) == 1


def test_a_changed_bill_changes_what_nobody_has_set(in_tenant: Tenant) -> None:
    bill = make_bill()
    follow(today())
    todo.change_task(only().pk, {"title": "Electricity", "tags": ["home"]})
    managing.change_bill(bill.pk, {"payee": "City works", "due_on": today() + 2 * SOON})
    assert follow(today()).changed == 1
    assert tasks() == [("Electricity", today() + 2 * SOON, "open")]
    todo.change_task(only().pk, {"due_on": today()})
    managing.change_bill(bill.pk, {"due_on": today() + SOON})
    follow(today())
    assert only().due_on == today()
    pay(bill)
    follow(today())
    assert only().state == "done"


def test_what_a_person_has_closed_or_removed_stays_so(in_tenant: Tenant) -> None:
    bill, other = make_bill(), make_bill("Phone")
    follow(today())
    first, second = Task.objects.order_by("id")
    todo.complete_task(first.pk)
    todo.remove_task(second.pk)
    void(pay(bill).pk)
    managing.change_bill(other.pk, {"due_on": today() + 2 * SOON})
    follow(today())
    assert tasks() == [("Pay Stadtwerke", today() + SOON, "done")]


def test_what_a_person_has_opened_again_stays_open(in_tenant: Tenant) -> None:
    bill = make_bill()
    follow(today())
    pay(bill)
    follow(today())
    todo.reopen_task(only().pk)
    follow(today())
    assert only().state == "open"


def test_trials_and_renewals_are_to_be_cancelled_by_the_day_before(in_tenant: Tenant) -> None:
    trial = announce("trial_ends", today() + SOON)
    announce("renews", today() + 2 * SOON, "Gym")
    announce("price_changes", today() + SOON, "Paper", amount=euros("3.00"))
    announce("renews", today() + SOON, "Maybe", doubts=("new_sender",))
    follow(today())
    day = timedelta(1)
    assert tasks() == [
        ("Trial of Filmbox ends: cancel it or keep it", today() + SOON - day, "open"),
        ("Gym renews: cancel it or keep it", today() + 2 * SOON - day, "open"),
    ]
    announcing.dismiss(trial.pk)
    # The other's day has come meanwhile: there is nothing left to cancel by it.
    follow(today() + 2 * SOON)
    assert {state for _, _, state in tasks()} == {"dropped"}


def test_a_promised_refund_is_watched(in_tenant: Tenant) -> None:
    announce("refund", today() + SOON, amount=euros("20.00"))
    announce("refund", None, "Shoes", amount=euros("30.00"))
    follow(today())
    assert tasks() == [
        ("Refund from Filmbox: has it come?", today() + SOON, "open"),
        ("Refund from Shoes: has it come?", today() + timedelta(14), "open"),
    ]
    credit = make_posted(make_account(), "20.00", booked_on=today(), merchant="Filmbox")
    watch_refunds(today())
    follow(today())
    assert [state for _, _, state in tasks()] == ["done", "open"]
    void(credit.pk)
    watch_refunds(today())
    follow(today())
    assert [state for _, _, state in tasks()] == ["open", "open"]


def test_return_windows_and_warranties_are_watched_until_their_last_day(
    in_tenant: Tenant,
) -> None:
    make_member(in_tenant)
    announce("return_ends", today() + SOON, "Shoes")
    announce("warranty_ends", today() + 400 * SOON, "Mixer")
    announce("return_ends", today(), "Hats")
    follow(today())
    assert tasks() == [
        ("Last day to return what came from Hats", today(), "open"),
        ("Last day to return what came from Shoes", today() + SOON, "open"),
        ("Warranty of Mixer ends: does all work?", today() + 400 * SOON, "open"),
    ]
    # Told while there is time to send something back; the ledger tells of the others itself.
    announce("renews", today() + SOON, "Gym")
    follow(today())
    assert tell_due_tasks(today()) == 2
    told = next(row for row in Notification.objects.all() if "Shoes" in str(row.facts))
    assert told.due_at.date() == today() + SOON - timedelta(3)
    follow(today() + SOON)
    assert [state for _, _, state in tasks()] == ["dropped", "dropped", "open", "open"]
    follow(today() + SOON + timedelta(1))
    assert [state for title, _, state in tasks() if "Shoes" in title] == ["dropped"]


def test_a_tenant_may_switch_it_off(in_tenant: Tenant) -> None:
    bob = make_member(in_tenant, email="bob@example.org")
    api = APIClient(headers={"Authorization": f"Bearer {start_session(bob).access}"})
    assert api.get("/api/v1/task-policy").json() == {
        "from_bills": True, "from_endings": True, "from_refunds": True, "from_deadlines": True,
    }  # fmt: skip
    off = dict.fromkeys(("from_bills", "from_endings", "from_refunds", "from_deadlines"), False)
    assert api.post("/api/v1/task-policy", off, format="json").json() == off
    make_bill()
    announce("trial_ends", today() + SOON)
    announce("refund", today() + SOON)
    announce("return_ends", today() + SOON)
    follow(today())
    assert tasks() == []
    assert enqueue_following() == 0
    api.post("/api/v1/task-policy", off | {"from_bills": True}, format="json")
    follow(today())
    assert len(tasks()) == 1


def test_titles_are_in_the_ledgers_language(in_tenant: Tenant) -> None:
    Tenant.objects.filter(pk=in_tenant.pk).update(language="de")
    make_bill()
    follow(today())
    assert only().title == "Stadtwerke bezahlen"


def test_the_api_tells_amount_and_message(in_tenant: Tenant) -> None:
    email = str(uuid.uuid4())
    enter_many(
        [Notice(Source("email", email), "Stadtwerke", today(), euros("84.20"), "EUR",
                today() + SOON, reference="R-17")]
    )  # fmt: skip
    follow(today())
    bob = make_member(in_tenant, email="bob@example.org")
    api = APIClient(headers={"Authorization": f"Bearer {start_session(bob).access}"})
    (row,) = api.get("/api/v1/tasks", {"from_ledger": "true"}).json()["data"]
    assert (row["amount"], row["currency"], row["reference"]) == ("84.20", "EUR", "R-17")
    assert row["messages"] == [email]
    assert api.get("/api/v1/tasks", {"bill": row["bill"]}).json()["data"][0]["id"] == row["id"]


# --- The job ----------------------------------------------------------------------------------


def run_all() -> int:
    """Run what is enqueued, as a worker does."""
    with all_tenants("test"):
        Job.objects.filter(kind=FollowLedger.kind, state="ready").update(state="queued")
        waiting = list(Job.objects.filter(kind=FollowLedger.kind, state="queued"))
    for job in waiting:
        JobRunner.run(job.pk)
    return len(waiting)


def test_the_job_runs_when_the_ledger_has_changed(
    tenant: Tenant, stranger: Tenant, transactional_db: None
) -> None:
    with tenant_scope(tenant.pk):
        make_bill()
    with tenant_scope(stranger.pk):
        make_account()
    assert (enqueue_following(), enqueue_following()) == (1, 1)
    assert run_all() == 1
    with tenant_scope(tenant.pk):
        assert len(tasks()) == 1
        # As if the change were older than the overlap.
        TaskPolicy.objects.update(followed_until=database_now() + timedelta(minutes=1))
    assert enqueue_following() == 0
    with tenant_scope(tenant.pk):
        TaskPolicy.objects.update(followed_until=database_now() - timedelta(hours=2))
    assert enqueue_following() == 1
    run_all()
    with tenant_scope(tenant.pk):
        assert len(tasks()) == 1
        assert Job.objects.latest("id").result["made"] == 0


def test_a_policy_change_looks_through_the_ledger_again(in_tenant: Tenant) -> None:
    make_bill()
    TaskPolicy.objects.create(from_bills=False, followed_until=database_now() + timedelta(hours=1))
    assert enqueue_following() == 0
    set_task_policy(from_bills=True, from_endings=True, from_refunds=True, from_deadlines=True)
    assert enqueue_following() == 1
