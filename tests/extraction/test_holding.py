"""Booking that waits for somebody's yes: all is read, nothing reaches the ledger before."""

from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone

from accounts.models import AuditEntry
from extraction.holding import begin_booking
from extraction.models import EmailExtraction, ExtractionState
from extraction.pipeline import read_email, record_readings
from extraction.scheduling import pending_emails
from finance.models import Bill, FinancialAccount, LedgerChange, ReviewItem, Transaction
from mail_ingest.models import Email
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.extraction.test_pipeline import demo_names, import_mail, run_jobs
from tests.make import make_tenant

pytestmark = pytest.mark.django_db(transaction=True)

RENT, SALARY = "de-demo-0603-rent.eml", "de-demo-0601-salary.eml"
LEDGER = (Bill, FinancialAccount, LedgerChange, ReviewItem, Transaction)


@pytest.fixture
def held(in_tenant: Tenant) -> Tenant:
    in_tenant.booking_held_since = timezone.now()
    in_tenant.save()
    return in_tenant


def ledger() -> list[tuple[str, ...]]:
    rows = Transaction.objects.select_related("account").order_by("booked_on", "amount_minor")
    return [(str(t.account), str(t.amount), t.merchant, t.state) for t in rows]


def test_everything_is_read_and_nothing_reaches_the_ledger(held: Tenant) -> None:
    import_mail(demo_names())
    assert {model: model.objects.count() for model in LEDGER} == dict.fromkeys(LEDGER, 0)
    assert not pending_emails().exists()
    held_back = EmailExtraction.objects.filter(state=ExtractionState.HELD)
    assert held_back.filter(reasons=[]).exists()
    assert held_back.exclude(reasons=[]).exists()
    assert all(row.candidates for row in held_back.filter(verdict="transaction"))


def test_after_the_yes_the_ledger_is_as_if_nothing_had_waited(held: Tenant) -> None:
    import_mail(demo_names())
    assert begin_booking()
    run_jobs()
    waited = ledger()
    assert not EmailExtraction.objects.filter(state=ExtractionState.HELD).exists()
    assert AuditEntry.objects.filter(action="tenant.booking_begun").count() == 1
    with tenant_scope(make_tenant(name="At once").pk):
        import_mail(demo_names())
        assert ledger() == waited
    assert len(waited) > 20


def test_a_second_yes_changes_nothing(held: Tenant) -> None:
    import_mail([SALARY])
    assert begin_booking()
    run_jobs()
    assert not begin_booking()
    run_jobs()
    assert Transaction.objects.count() == 1


def test_a_job_that_began_before_the_yes_books_after_it(held: Tenant) -> None:
    import_mail([SALARY, RENT])
    begin_booking()
    assert held.booking_held_since, "the job knows the tenant as it was"
    emails = list(Email.objects.select_related("account", "raw"))
    with transaction.atomic():
        record_readings([read_email(email, held) for email in emails], held)
    assert Transaction.objects.count() == 2


def test_another_tenant_books_meanwhile(held: Tenant) -> None:
    with tenant_scope(make_tenant(name="At once").pk):
        import_mail([SALARY])
        begin_booking()
        assert Transaction.objects.count() == 1
    held.refresh_from_db()
    assert held.booking_held_since
