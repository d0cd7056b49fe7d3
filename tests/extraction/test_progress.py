"""How far each mailbox has come, from found to booked: page, API and command."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from extraction.models import EmailExtraction, ExtractionState
from extraction.progress import mail_progress
from finance import review
from finance.models import ReviewItem, ReviewState
from jobs.models import Job, JobState
from mail_ingest.models import AccountKind, ConnectedAccount, Email
from tenancy.models import Tenant
from tests.extraction.test_pipeline import import_mail
from tests.finance.make import make_account
from tests.pages import member, part

pytestmark = pytest.mark.django_db(transaction=True)

CARD = "de-demo-1118-cloud-hosting.eml"
SALARY = "de-demo-0601-salary.eml"
PRIVATE = "de-demo-0724-one-time-code.eml"


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def only() -> ConnectedAccount:
    found: ConnectedAccount = ConnectedAccount.objects.get()
    return found


def figures(account: ConnectedAccount) -> tuple[int, ...]:
    one = mail_progress([account])[0]
    return (one.found, one.fetched, one.financial, one.unread, one.booked, one.in_review)


def test_messages_are_counted_from_found_to_booked(in_tenant: Tenant) -> None:
    import_mail([SALARY, CARD, PRIVATE])
    account = only()
    assert figures(account) == (3, 3, 3, 0, 2, 0)
    one = mail_progress([account])[0]
    assert one.oldest == Email.objects.order_by("received_at")[0].received_at
    assert not one.is_running


def test_what_is_asked_counts_as_booked_once_it_is_accepted(in_tenant: Tenant) -> None:
    import_mail([SALARY, CARD], is_own=False)
    account = only()
    assert figures(account) == (2, 2, 2, 0, 0, 2)
    giro = make_account()
    salary, card = ReviewItem.objects.filter(state=ReviewState.OPEN).order_by("id")
    review.dismiss(salary.pk)
    review.accept(card.pk, {"account_id": giro.pk})
    assert figures(account) == (2, 2, 2, 0, 1, 0)


def test_a_message_counts_once_though_one_half_was_booked_and_one_asked(in_tenant: Tenant) -> None:
    import_mail([SALARY], is_own=False)
    account = only()
    item = ReviewItem.objects.get(state=ReviewState.OPEN)
    review.accept(item.pk, {"account_id": make_account().pk})
    EmailExtraction.objects.update(state=ExtractionState.BOOKED)
    assert figures(account) == (1, 1, 1, 0, 1, 0)


def test_what_is_still_to_come_is_found_while_a_mailbox_is_read(in_tenant: Tenant) -> None:
    import_mail([SALARY])
    account = only()
    ConnectedAccount.objects.update(kind=AccountKind.IMAP)
    account.refresh_from_db()
    Job.objects.create(
        tenant=in_tenant, kind="mail_ingest.fetch_account", subject=str(account.pk),
        state=JobState.RUNNING, progress_done=100, progress_total=5000,
        lease_until=timezone.now(), worker="one",
    )  # fmt: skip
    one = mail_progress([account])[0]
    assert (one.found, one.fetched, one.is_running) == (4901, 1, True)


def test_the_part_asks_again_only_while_something_goes_on(browser: Client) -> None:
    import_mail([SALARY, CARD])
    account = only()
    page = browser.get("/connected-accounts/").content.decode()
    assert f"/emails/progress/{account.pk}/" in page
    html = part(browser, f"/emails/progress/{account.pk}/").content.decode()
    assert "every 3s" not in html
    assert f"/emails/?account={account.pk}" in html
    listed = browser.get(f"/emails/?account={account.pk}").content.decode()
    assert listed.count('class="row') == 2


def test_many_accounts_take_no_more_queries(
    in_tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    import_mail([SALARY, CARD])
    for n in range(10):
        ConnectedAccount.objects.create(kind=AccountKind.UPLOAD, label=f"Files {n}")
    # Within one transaction, as a page reads: PostgreSQL is told the scope once.
    with transaction.atomic(), django_assert_max_num_queries(10):
        found = mail_progress(ConnectedAccount.objects.all())
    assert sum(one.fetched for one in found) == 2


def test_the_api_tells_it_to_those_who_may_see_mail(browser: Client, stranger: Tenant) -> None:
    import_mail([SALARY])
    rows = browser.get("/api/v1/mail-progress").json()["data"]
    assert [(row["fetched"], row["booked"], row["is_running"]) for row in rows] == [(1, 1, False)]
    other = member(stranger, email="eve@example.org")
    assert other.get("/api/v1/mail-progress").json()["data"] == []
    assert other.get(f"/emails/progress/{only().pk}/").status_code == 404
