"""Three simulated days over the night in which Berlin's clocks go back, with real processes; the
month is `make soak`."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from tests.notifications.travel.journey import Journey, travel


@pytest.mark.services
@pytest.mark.faketime
def test_everybody_is_told_once_whatever_dies() -> None:
    journey = Journey(
        datetime(2026, 10, 23, 21, tzinfo=UTC),
        days=3,
        step=timedelta(hours=8),
        outage=(1, 1),
        kills=(2,),
        seed=7,
    )
    verdict = travel(journey, os.environ["TEST_DATABASE_URL"])
    assert verdict["faults"] == []
    assert verdict["kills"] == 1
    assert int(str(verdict["lines of mails"])) >= 10
