"""Messages about an account that stop coming are told; an archive's are not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from extraction.missing_mail import tell_missing_mail
from finance.ledger import Source
from finance.models import FinancialAccount
from finance.querysets import today
from mail_ingest.models import AccountKind, ConnectedAccount, Email, RawMessage
from notifications.models import Notification
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.make import make_member


@pytest.fixture
def giro(in_tenant: Tenant) -> FinancialAccount:
    make_member(in_tenant)
    return make_account()


def tell_of(giro: FinancialAccount, day: date, kind: str) -> None:
    source, _ = ConnectedAccount.objects.get_or_create(label=kind, kind=kind)
    raw = RawMessage.objects.create(identity=f"{day}{kind}".ljust(64, "0")[:64], size=1, data=b"x")
    email = Email.objects.create(
        account=source, raw=raw, ref=str(day), size=1, received_at=f"{day}T10:00:00Z"
    )
    make_posted(giro, booked_on=day, source=Source("email", str(email.pk)))


def told() -> list[Notification]:
    return list(Notification.objects.filter(kind="mail_missing", cancelled_at=None))


def test_a_quiet_account_is_told_once_and_taken_back(giro: FinancialAccount) -> None:
    for weeks in range(3, 10):
        tell_of(giro, today() - timedelta(weeks=weeks), AccountKind.IMAP)
    assert tell_missing_mail(today() - timedelta(days=1)) == 0, "three weeks are three times usual"
    assert [tell_missing_mail(today() + timedelta(n)) for n in (1, 2)] == [1, 1]
    (notice,) = told()
    assert notice.facts["days"] == 7
    tell_of(giro, today(), AccountKind.IMAP)
    assert tell_missing_mail(today() + timedelta(3)) == 0
    assert told() == []


def test_an_archive_that_ends_is_no_alarm(giro: FinancialAccount) -> None:
    for weeks in range(4, 12):
        tell_of(giro, today() - timedelta(weeks=weeks), AccountKind.UPLOAD)
    assert tell_missing_mail(today()) == 0


def test_too_little_is_known_of_an_account_with_few_messages(giro: FinancialAccount) -> None:
    for weeks in range(4, 8):
        tell_of(giro, today() - timedelta(weeks=weeks), AccountKind.IMAP)
    assert tell_missing_mail(today()) == 0
