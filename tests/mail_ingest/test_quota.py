"""A mailbox's quota is kept by all processes together."""

from __future__ import annotations

from functools import partial

import pytest

from mail_ingest.models import ConnectedAccount
from mail_ingest.providers.rate import SharedBucket
from mail_ingest.quota import reserve
from tenancy.ids import new_id

pytestmark = pytest.mark.usefixtures("in_tenant")


def test_the_quota_is_shared_by_all_who_read_a_mailbox() -> None:
    account = ConnectedAccount.objects.create(kind="gmail", label="Ada", subject="1")
    waited: list[float] = []
    workers = [
        SharedBucket(600, partial(reserve, account.pk), sleep=waited.append) for _ in range(2)
    ]
    for _ in range(5):
        for worker in workers:
            worker.take(20)
    # Both together have used 200 units of 10 a second; a burst of 100 is free.
    assert waited == [pytest.approx(2 * n, abs=1) for n in range(1, 6)]
    account.refresh_from_db()
    assert account.quota_booked_until is not None


def test_a_mailbox_that_is_gone_keeps_nobody_waiting() -> None:
    assert reserve(new_id(), 600) == 0


def test_requests_of_a_worker_are_booked_by_the_second() -> None:
    booked: list[float] = []

    def book(seconds: float) -> float:
        booked.append(seconds)
        return 0.0

    bucket = SharedBucket(600, book)
    for _ in range(25):
        bucket.take(1)
    assert booked == [1.0, 1.0, 1.0]
