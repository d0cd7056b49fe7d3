"""The week, questions that wait, and what is handed over before it is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import translation

from finance import ledger
from finance.bills.managing import add_bill, change_bill
from finance.bills.telling import tell
from finance.models import FinancialAccount, ReviewItem
from finance.money import Money
from finance.notices.questions import take_back_if_answered, tell_questions
from finance.notices.week import tell_week
from finance.querysets import today
from jobs.clock import database_now
from notifications.composing import described
from notifications.models import Notification
from notifications.previewing import preview
from tests.finance.make import category, make_posted, make_proposed
from tests.make import make_member

SUNDAY = date(2026, 5, 24)


def only(kind: str) -> Notification:
    found: Notification = Notification.objects.get(kind=kind, cancelled_at=None)
    return found


def test_the_week_is_told_once_with_totals_and_balances(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    make_posted(giro, "2000.00", booked_on=SUNDAY - timedelta(6), category_id=category("salary").pk)
    make_posted(giro, "-40.50", booked_on=SUNDAY, category_id=category("groceries").pk)
    make_posted(
        giro, "-9.50", booked_on=SUNDAY + timedelta(1), category_id=category("groceries").pk
    )
    # Whenever the day's work is done first: after days without a worker as well.
    assert tell_week(SUNDAY + timedelta(3)) == 1
    assert tell_week(SUNDAY + timedelta(4)) == 0
    for language, said in (
        ("en", ["€40.50 spent", "€2,000.00 received", "Food: €40.50", "Giro: €1,959.50"]),
        (
            "de",
            ["24.05.2026", "40,50\xa0€", "Essen und Trinken: 40,50\xa0€", "Giro: 1.959,50\xa0€"],
        ),
    ):
        with translation.override(language):
            line = described(only("weekly_summary"), language, "Europe/Berlin")
        text = f"{line.title}\n{line.text}"
        assert [part for part in said if part not in text] == []
    assert tell_week(SUNDAY + timedelta(8)) == 1, "the next week is another one"


def test_a_week_without_anything_is_not_told(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    assert tell_week(SUNDAY + timedelta(1)) == 0


def test_questions_are_told_when_they_are_old_and_once_a_week(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = make_proposed(giro)
    monday = date(2026, 5, 25)
    assert tell_questions(monday) == 0, "asked just now"
    ReviewItem.objects.update(created_at=database_now() - timedelta(days=3))
    assert [tell_questions(monday + timedelta(n)) for n in (0, 1, 6)] == [1, 0, 0]
    assert only("review_waiting").facts["count"] == 1
    assert tell_questions(monday + timedelta(7)) == 1
    ledger.void(row.pk)
    ReviewItem.objects.update(state="dismissed")
    take_back_if_answered()
    assert not Notification.objects.filter(kind="review_waiting", cancelled_at=None).exists()


def test_a_bill_is_known_ahead_and_told_on_its_morning(giro: FinancialAccount) -> None:
    alice = make_member(giro.tenant)
    bill = add_bill("Donau Strom", Money(8568, "EUR"), today() + timedelta(8))
    assert tell(today()) == 0
    notice = only("bill_due")
    morning = datetime.combine(
        today() + timedelta(5), datetime.min.time().replace(hour=6), ZoneInfo(giro.tenant.time_zone)
    )
    assert notice.due_at == morning
    (coming,) = preview(database_now(), user_id=alice.id).notices
    assert (coming.notice, coming.mail_at) == (notice, morning)
    change_bill(bill.pk, {"amount": Money(9000, "EUR")})
    assert preview(database_now(), user_id=alice.id).notices == [], "until the next look"
    tell(today())
    assert only("bill_due").facts["amount"]["amount"] == "90.00"
    assert tell(today() + timedelta(5)) == 1
    assert Notification.objects.filter(kind="bill_due").count() == 1
