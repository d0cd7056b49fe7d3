from __future__ import annotations

import pytest
from django.db import connection

from tenancy.snapshot import snapshot


@pytest.mark.django_db(transaction=True)
def test_reads_share_a_transaction_where_that_keeps_no_writer_waiting() -> None:
    with snapshot():
        assert connection.in_atomic_block == (connection.vendor == "postgresql")
    assert not connection.in_atomic_block
