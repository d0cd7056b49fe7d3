"""A fact is told once, to those whom it concerns, when and as they chose."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest

from accounts import mail
from accounts.models import Membership, Role, User
from jobs.clock import database_now
from notifications.facts import money, written
from notifications.kinds import KINDS
from notifications.models import Frequency, Mailing, MailingState, Notification
from notifications.notify import cancel, notify
from notifications.planning import enqueue_due, plan
from notifications.preferences import change_delivery, set_preference
from notifications.timing import Hours, after_quiet, mail_time, next_digest
from tenancy.models import Tenant
from tenancy.scope import all_tenants, tenant_scope
from tests.fakes.smtp import Mailbox
from tests.make import make_member
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(in_tenant: Tenant) -> User:
    return make_member(
        in_tenant, email="alice@example.org", language="de", time_zone="Europe/Berlin"
    )


def tell_bill(key: str = "bill 1", **options: Any) -> int:
    facts = {"name": "Stadtwerke", "amount": money(Decimal("84.50"), "EUR"),
             "date": datetime(2026, 11, 30, tzinfo=UTC).date()}  # fmt: skip
    return notify("bill_due", key=key, facts=facts, link="/recurring/", **options)


def send_all() -> None:
    with all_tenants("a test"):
        for _ in range(3):
            enqueue_due()
            run_due_jobs()


def test_a_fact_is_told_once_and_mailed_in_the_reader_s_language(
    alice: User, mailbox: Mailbox
) -> None:
    assert tell_bill() == 1
    assert tell_bill() == 0
    send_all()
    send_all()
    (message,) = mailbox.messages
    assert message["To"] == "alice@example.org"
    assert "84,50" in message["Subject"]
    assert "30.11.2026" in message["Subject"]
    assert message["Message-ID"] == f"<{Mailing.objects.get().id}@example.net>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_those_are_told_who_may_know(alice: User, in_tenant: Tenant) -> None:
    limited = Role.objects.create(key="mail-only", name="Mail", permissions=["mail:read"])
    bob = make_member(in_tenant, email="bob@example.org")
    Membership.objects.filter(user=bob).update(role=limited)
    assert tell_bill() == 1
    assert Notification.objects.get().user == alice
    assert notify("reminder", key="1", facts={"title": "Call"}, users=[bob.id]) == 1


def test_nobody_next_door_is_told(alice: User, stranger: Tenant) -> None:
    carol = make_member(stranger, email="carol@example.org")
    tell_bill()
    assert notify("reminder", key="1", users=[carol.id]) == 0
    with all_tenants("a test"):
        assert not Notification.objects.filter(user=carol).exists()


def test_what_is_no_longer_so_is_not_mailed_and_may_be_told_again(
    alice: User, mailbox: Mailbox
) -> None:
    tell_bill()
    assert cancel("bill_due", key="bill*") == 1
    send_all()
    assert mailbox.messages == []
    assert tell_bill() == 1
    send_all()
    assert len(mailbox.messages) == 1


def test_a_digest_holds_the_day_in_one_mail(alice: User, mailbox: Mailbox) -> None:
    for number in range(5):
        notify("recurring_due", key=str(number), facts={"name": f"Rent {number}"})
    notify("recurring_due", key="read", facts={"name": "Known"})
    now = database_now()
    plan(now)
    (digest,) = Mailing.objects.all()
    assert digest.frequency == Frequency.DAILY
    assert digest.send_at == next_digest(Hours("Europe/Berlin"), Frequency.DAILY, now)
    Notification.objects.filter(key="read").update(read_at=now)
    send_all()
    assert mailbox.messages == [], "not before its hour"
    Mailing.objects.update(send_at=now)
    send_all()
    (message,) = mailbox.messages
    text = message.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert [f"Rent {number}" in text for number in range(5)] == [True] * 5
    assert "Known" not in text


def test_a_member_who_has_left_gets_no_mail(alice: User, mailbox: Mailbox) -> None:
    tell_bill()
    plan(database_now())
    Membership.objects.filter(user=alice).delete()
    send_all()
    assert mailbox.messages == []
    assert Mailing.objects.get().state == MailingState.EMPTY


def test_a_refused_address_is_shown_and_not_tried_again(alice: User, mailbox: Mailbox) -> None:
    mailbox.reply = "550 No such mailbox"
    tell_bill()
    send_all()
    mailbox.reply = "250 OK"
    tell_bill("bill 2")
    send_all()
    assert mailbox.messages == []
    assert Mailing.objects.get().state == MailingState.BOUNCED
    assert Notification.objects.filter(is_shown=True).count() == 2


def test_a_busy_server_is_tried_later_with_the_same_message(alice: User, mailbox: Mailbox) -> None:
    mailbox.reply = "451 Later"
    tell_bill()
    send_all()
    mailing = Mailing.objects.get()
    assert mailing.state == MailingState.WAITING
    assert mailing.retry_at is not None
    mailbox.reply = "250 OK"
    Mailing.objects.update(retry_at=database_now())
    send_all()
    assert [message["Message-ID"] for message in mailbox.messages] == [
        f"<{mailing.id}@example.net>"
    ]


@pytest.mark.parametrize("cap", ["MAILS_PER_PERSON_AND_HOUR", "MAILS_PER_TENANT_AND_HOUR"])
def test_a_storm_ends_in_the_digest(alice: User, mailbox: Mailbox, settings: Any, cap: str) -> None:
    setattr(settings, cap, 3)
    for number in range(10):
        tell_bill(str(number))
        send_all()
    assert len(mailbox.messages) == 3
    late = Mailing.objects.get(frequency=Frequency.DAILY)
    assert late.notifications.count() == 7


def test_what_joins_while_its_mailing_is_sent_goes_into_the_next(
    alice: User, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_bill()
    plan(database_now())
    mailing = Mailing.objects.get()

    def join_and_deliver(*args: Any, **options: Any) -> None:
        tell_bill("late")
        Notification.objects.filter(key="late").update(mailing=mailing, planned_at=mailing.send_at)
        monkeypatch.undo()
        mail.deliver(*args, **options)

    monkeypatch.setattr(mail, "deliver", join_and_deliver)
    send_all()
    first, second = mailbox.messages
    assert first["Message-ID"] != second["Message-ID"]


def test_choices_are_kept_and_urgent_kinds_go_out_whatever_they_are(
    alice: User, mailbox: Mailbox
) -> None:
    set_preference(alice.id, "bill_due", email=Frequency.OFF, in_app=False)
    change_delivery(alice.id, muted_until=database_now() + timedelta(days=3))
    tell_bill()
    notify("new_device", key="1", facts={"address": "192.0.2.7", "time": database_now()})
    send_all()
    (message,) = mailbox.messages
    assert "192.0.2.7" in message["Subject"]
    assert Notification.objects.get(kind="bill_due").is_shown is False


BERLIN = Hours("Europe/Berlin", time(22), time(7), time(8), 0)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-26T20:59:00+00:00", "2026-11-26T20:59:00+00:00"),
        ("2026-11-26T21:00:00+00:00", "2026-11-27T06:00:00+00:00"),
        ("2026-11-27T05:59:00+00:00", "2026-11-27T06:00:00+00:00"),
        ("2026-11-27T06:00:00+00:00", "2026-11-27T06:00:00+00:00"),
        ("2026-10-24T23:30:00+00:00", "2026-10-25T06:00:00+00:00"),
    ],
)
def test_quiet_hours_span_midnight_and_a_clock_change(now: str, expected: str) -> None:
    assert after_quiet(BERLIN, datetime.fromisoformat(now)) == datetime.fromisoformat(expected)


def test_weekly_digests_come_on_their_day() -> None:
    slot = next_digest(BERLIN, Frequency.WEEKLY, datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    assert slot == datetime(2026, 12, 7, 7, 0, tzinfo=UTC)
    assert slot.weekday() == 0


def test_a_mute_holds_back_until_the_first_digest_after_it() -> None:
    hours = Hours("UTC", muted_until=datetime(2026, 11, 28, 9, tzinfo=UTC))
    found = mail_time(KINDS["bill_due"], Frequency.NOW, hours, datetime(2026, 11, 26, tzinfo=UTC))
    assert found == (Frequency.DAILY, datetime(2026, 11, 29, 8, tzinfo=UTC))


def test_a_batch_is_planned_with_as_many_queries_whatever_it_holds(
    alice: User, in_tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        make_member(in_tenant, email=f"member-{number}@example.org")
    with tenant_scope(in_tenant.id):
        tell_bill()
        notify("recurring_due", key="1")
    # One update for each moment that those 31 have between them.
    with django_assert_max_num_queries(15):
        assert plan(database_now()) == 62


@pytest.mark.parametrize(("language", "shown"), [("en", "22 Nov 2026"), ("de", "22.11.2026")])
def test_days_are_written_with_the_day_first(language: str, shown: str) -> None:
    assert written({"until": {"date": "2026-11-22"}}, language, "UTC") == {"until": shown}
