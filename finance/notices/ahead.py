"""What is known to be told on a later day is handed over ahead, so that a preview shows it."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from finance.querysets import home

# When a tenant's day begins.
START: Final = time(6)
# So many days before it is told, a fact is handed over.
LOOK: Final = timedelta(days=8)


def morning_of(day: date, today: date) -> datetime | None:
    """When something that is told on a day is told: None for at once, which is so for the days
    until today."""
    if day <= today:
        return None
    return datetime.combine(day, START, ZoneInfo(home().time_zone))
