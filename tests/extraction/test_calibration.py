"""What a person's answers in review say of a sender, and what follows from it."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from extraction.calibration import Measured, measured
from extraction.models import EmailExtraction
from finance import review
from finance.accounts import open_account
from finance.models import AccountKind, ReviewItem, Transaction
from finance.money import Money
from tenancy.models import Tenant
from tests.extraction.test_pipeline import demo_names, import_mail
from tests.make import make_member


@pytest.mark.parametrize(
    ("reviewed", "right", "short"),
    [
        (0, 0, False),  # nothing is known
        (10, 10, False),  # too few to show that they suffice, and none was wrong
        (10, 9, False),
        (4, 1, True),  # few, but plainly wrong
        (25, 25, False),
        (40, 38, True),  # at least 0.857
        (200, 195, False),
    ],
)
def test_few_answers_show_only_what_is_plain(reviewed: int, right: int, *, short: bool) -> None:
    assert Measured(reviewed, right).falls_short(0.9) is short


def test_the_bounds_are_wilsons() -> None:
    """Wilson 1927 at one-sided 95 %: worked by hand for 9 of 10."""
    found = Measured(10, 9)
    assert found.at_least == pytest.approx(0.6523, abs=5e-4)
    assert found.at_most == pytest.approx(0.9774, abs=5e-4)
    assert Measured(0, 0).at_least == 0.0


@pytest.mark.django_db(transaction=True)
def test_answers_are_counted_as_they_stand(in_tenant: Tenant) -> None:
    _import_for_review(demo_names()[:40])
    items = list(ReviewItem.objects.filter(transaction__isnull=False).order_by("id"))
    senders = {
        str(row.email_id): (row.email.from_address, row.route)
        for row in EmailExtraction.objects.select_related("email")
    }
    assert measured() == {}
    right, edited, denied = _three_of_one_sender(items, senders)
    key = senders[right.source_id]
    review.accept(right.id)
    assert measured([key[0]])[key] == Measured(1, 1)
    amount = Transaction.objects.get(pk=edited.transaction_id).amount
    review.accept(edited.id, {"amount": amount + Money.parse("-1.00", amount.currency)})
    review.dismiss(denied.id)
    assert measured([key[0]])[key] == Measured(3, 1)
    review.reopen(denied.id)
    assert measured([key[0]])[key] == Measured(2, 1)
    assert measured(["somebody@else.example"]) == {}


@pytest.mark.django_db(transaction=True)
def test_a_sender_that_was_often_wrong_books_nothing(in_tenant: Tenant) -> None:
    _import_for_review(demo_names()[:40])
    senders = {
        str(row.email_id): (row.email.from_address, row.route)
        for row in EmailExtraction.objects.select_related("email")
    }
    wrong = _three_of_one_sender(list(ReviewItem.objects.order_by("id")), senders)
    for item in wrong:
        review.dismiss(item.id)
    sender, _ = senders[wrong[0].source_id]
    import_mail(demo_names()[40:])
    later = EmailExtraction.objects.filter(email__account__is_own=True, verdict="transaction")
    of_sender = later.filter(email__from_address=sender)
    assert of_sender
    assert all("often_corrected" in row.reasons and row.state != "booked" for row in of_sender)
    assert later.filter(state="booked").exists()  # others book as before


def _import_for_review(names: list[str]) -> None:
    """Of a source that is not declared one's own, everything is asked about."""
    open_account("Giro", "EUR", kind=AccountKind.CHECKING, institution="Nordbank", number="4417")
    import_mail(names, is_own=False)


def _three_of_one_sender(
    items: list[ReviewItem], senders: dict[str, tuple[str, str]]
) -> tuple[ReviewItem, ReviewItem, ReviewItem]:
    by_sender: dict[tuple[str, str], list[ReviewItem]] = {}
    for item in items:
        plain = item.transaction_id and not {"hold", "possible_duplicate"} & set(item.reasons)
        if plain:
            by_sender.setdefault(senders[item.source_id], []).append(item)
    first, second, third = next(found for found in by_sender.values() if len(found) >= 3)[:3]
    return first, second, third


@pytest.mark.django_db(transaction=True)
def test_the_api_tells_each_senders_measure(in_tenant: Tenant) -> None:
    api = APIClient()
    api.force_login(make_member(in_tenant))
    _import_for_review(demo_names()[:20])
    item = ReviewItem.objects.filter(transaction__isnull=False).order_by("id")[0]
    review.accept(item.id)
    answer = api.get("/api/v1/email-extractions/precision")
    assert answer.status_code == 200, answer.content
    (row,) = answer.json()
    assert (row["reviewed"], row["right"], row["falls_short"]) == (1, 1, False)
    assert row["route"] and "@" in row["sender"]
