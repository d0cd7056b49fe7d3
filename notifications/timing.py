"""When a notice reaches a person: quiet hours, digests, mute.

Pure. Every instant is in UTC, every hour is the person's own.
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from notifications.kinds import Kind
from notifications.models import Frequency


@dataclass(frozen=True, slots=True)
class Hours:
    """One person's zone and choices (see `models.DeliverySettings`)."""

    time_zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    digest_at: time = time(8)
    digest_weekday: int = 0
    muted_until: datetime | None = None
    may_mail: bool = True


def mail_time(
    kind: Kind, chosen: Frequency, hours: Hours, now: datetime
) -> tuple[Frequency, datetime] | None:
    """With which kind of e-mail a notice goes out, and when; None for no e-mail."""
    if not hours.may_mail:
        return None
    if kind.is_urgent:
        return Frequency.NOW, now
    if chosen == Frequency.OFF:
        return None
    is_muted = hours.muted_until is not None and hours.muted_until > now
    if chosen == Frequency.NOW and not is_muted:
        return chosen, after_quiet(hours, now)
    # What a mute holds back comes in the first digest after it.
    frequency = Frequency.WEEKLY if chosen == Frequency.WEEKLY else Frequency.DAILY
    start = hours.muted_until if is_muted and hours.muted_until else now
    return frequency, next_digest(hours, frequency, start)


def after_quiet(hours: Hours, now: datetime) -> datetime:
    """`now`, or the end of the quiet hours that it lies in. They may span midnight."""
    if hours.quiet_from is None or hours.quiet_until is None:
        return now
    local = now.astimezone(zoneinfo.ZoneInfo(hours.time_zone))
    start, end, clock = hours.quiet_from, hours.quiet_until, local.time()
    spans_midnight = start > end
    is_quiet = (clock >= start or clock < end) if spans_midnight else start <= clock < end
    if not is_quiet:
        return now
    day = local.date()
    if spans_midnight and clock >= start:
        day += timedelta(days=1)
    return _instant(hours, day.toordinal(), end)


def next_digest(hours: Hours, frequency: Frequency, now: datetime) -> datetime:
    """The first digest after `now`. An hour that a clock change skips is taken an hour later, one
    that it repeats the first time (PEP 495, fold=0)."""
    today = now.astimezone(zoneinfo.ZoneInfo(hours.time_zone)).date().toordinal()
    for day in range(today, today + 9):
        # Ordinal 1 was a Monday.
        if frequency == Frequency.WEEKLY and (day - 1) % 7 != hours.digest_weekday:
            continue
        slot = _instant(hours, day, hours.digest_at)
        if slot > now:
            return slot
    raise AssertionError("a week has every weekday")


def _instant(hours: Hours, day: int, at: time) -> datetime:
    zone = zoneinfo.ZoneInfo(hours.time_zone)
    return datetime.combine(datetime.fromordinal(day), at, zone).astimezone(UTC)
