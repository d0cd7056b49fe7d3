"""What will be told this week is known ahead, and it is what is then told."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.models import Membership, User
from accounts.tokens import start_session
from jobs.clock import database_now
from notifications.models import Frequency, Mailing, Notification
from notifications.notify import cancel, notify
from notifications.planning import plan
from notifications.preferences import change_delivery, set_preference
from notifications.previewing import Preview, preview
from notifications.reading import snooze
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.fakes.smtp import Mailbox
from tests.make import make_member
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 10, 19, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def alice(tenant: Tenant) -> User:
    return make_member(tenant, email="alice@example.org", time_zone="Europe/Berlin")


def remind(user: User, title: str, at: datetime) -> None:
    notify("reminder", key=title, facts={"title": title}, users=[user.id], at=at)


def owe(name: str, at: datetime) -> None:
    notify("recurring_due", key=name, facts={"name": name}, at=at)


def tell_a_week(alice: User) -> None:
    """Over the night in which Berlin's clocks go back, with quiet hours and three frequencies."""
    change_delivery(alice.id, quiet_from=time(22), quiet_until=time(7), digest_at=time(8))
    set_preference(alice.id, "price_rise", email=Frequency.WEEKLY)
    set_preference(alice.id, "sender_drift", email=Frequency.OFF)
    for day in range(6):
        owe(f"Rent {day}", NOW + day * DAY)
    remind(alice, "At noon", NOW + 2 * DAY)
    remind(alice, "At night", datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
    remind(alice, "Also at night", datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    remind(alice, "Next month", NOW + 30 * DAY)
    notify("price_rise", key="1", facts={"name": "Films"}, at=NOW + DAY)
    notify("sender_drift", key="1", facts={"sender": "bank"}, at=NOW + DAY)


def test_a_preview_is_what_planning_then_decides(alice: User, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        tell_a_week(alice)
        foreseen = preview(NOW, user_id=alice.id)
        assert not Mailing.objects.exists(), "a preview writes nothing"
        moment = NOW
        while moment <= NOW + 7 * DAY:
            plan(moment)
            moment += timedelta(minutes=30)
        decided = preview(NOW, user_id=alice.id)

    def shape(found: Preview) -> list[tuple[str, datetime, str]]:
        return [(m.mailing.frequency, m.mailing.send_at, m.letter.text) for m in found.mails]

    assert shape(foreseen) == shape(decided)
    assert len(foreseen.mails) == 9
    night = next(mail for mail in foreseen.mails if "At night" in mail.letter.text)
    assert "Also at night" in night.letter.text
    assert night.mailing.send_at == datetime(2026, 10, 25, 6, tzinfo=UTC)
    titles = {row.notice.key for row in foreseen.notices if row.notice.kind == "reminder"}
    assert titles == {"At noon", "At night", "Also at night"}


def test_what_is_taken_back_or_not_theirs_is_not_foreseen(alice: User, tenant: Tenant) -> None:
    other = make_member(tenant, email="bob@example.org")
    with tenant_scope(tenant.id):
        remind(other, "Secret", NOW + DAY)
        owe("Paid", NOW + DAY)
        owe("Seen", NOW)
        plan(NOW)
        Notification.objects.filter(key="Seen").update(read_at=NOW)
        cancel("recurring_due", key="Paid")
        assert preview(NOW, user_id=alice.id).notices == []
        Membership.objects.filter(user=other).delete()
        assert preview(NOW, user_id=other.id).mails == []


def test_the_week_is_a_page_and_in_the_api(alice: User, tenant: Tenant) -> None:
    with tenant_scope(tenant.id):
        remind(alice, "Call <b>", database_now() + DAY)
    page = signed_in(alice).get("/notifications/coming/").content.decode()
    assert "Call &lt;b&gt;" in page
    api = APIClient(headers={"Authorization": f"Bearer {start_session(alice).access}"})
    answer = api.get("/api/v1/notifications/upcoming").json()
    assert [mail["frequency"] for mail in answer["mails"]] == ["now"]
    assert "Call <b>" in answer["mails"][0]["text"]
    assert "unsubscribe" not in page + answer["mails"][0]["text"], "reading gives no way to write"
    (row,) = answer["notices"]
    assert row["mail_at"] == answer["mails"][0]["send_at"]
    assert answer["mails"][0]["notices"] == [row["notice"]["id"]]


def test_what_is_snoozed_before_it_was_mailed_is_mailed_afterwards(
    alice: User, tenant: Tenant
) -> None:
    with tenant_scope(tenant.id):
        owe("Rent", database_now() - DAY)
        plan(database_now())
        notice = Notification.objects.get()
        until = database_now() + 2 * DAY
        snooze(notice, until)
        (row,) = preview(database_now(), user_id=alice.id).notices
        assert row.tell_at == until
        assert row.mail_at is not None
        assert row.mail_at > until


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("send_digest", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_shows_and_sends(
    alice: User, tenant: Tenant, stranger: Tenant, mailbox: Mailbox
) -> None:
    with tenant_scope(tenant.id):
        owe("Rent", database_now())
        remind(alice, "Now", database_now())
    shown = run("--dry-run")
    assert "alice@example.org  daily" in shown
    assert "* Rent is due" in shown
    assert "Next door" in shown
    assert "Home" not in run("--dry-run", "--tenant", str(stranger.id))
    assert mailbox.messages == []
    assert run("--tenant", str(stranger.id)) == "Sent: 0. Not sent: 0.\n"
    assert run() == "Sent: 1. Not sent: 0.\n"
    assert [message["To"] for message in mailbox.messages] == ["alice@example.org"]
    assert run() == "Sent: 0. Not sent: 0.\n"


@pytest.mark.parametrize("arguments", [("--tenant", "none"), ("--days", "0")])
def test_the_command_says_what_is_wrong(db: None, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        run("--dry-run", *arguments)
