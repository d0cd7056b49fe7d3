"""Staying within a provider's quota: token buckets, of one process or shared by all. Pure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, Protocol

# How much may be used at once, as seconds of the steady rate.
BURST_SECONDS: Final = 10.0


class Rate(Protocol):
    """Lets so many units a minute through."""

    def take(self, units: float) -> None:
        """Wait until so many units may be used; more than a burst is let through in debt."""


class TokenBucket:
    """Of one process alone: lets `per_minute` units through, in bursts of BURST_SECONDS' worth."""

    def __init__(
        self,
        per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = per_minute / 60
        self._capacity = self._rate * BURST_SECONDS
        self._level = self._capacity
        self._clock, self._sleep = clock, sleep
        self._at = clock()

    def take(self, units: float) -> None:
        now = self._clock()
        self._level = min(self._capacity, self._level + (now - self._at) * self._rate)
        self._at = now
        self._level -= units
        if self._level < 0:
            self._sleep(-self._level / self._rate)


class SharedBucket:
    """Of all processes that read a mailbox. `reserve(seconds)` books so much of the time that the
    steady rate takes, for all of them, and tells how many seconds to wait before using it. A
    second's worth is booked at once, so that not every request costs a booking."""

    def __init__(
        self,
        per_minute: float,
        reserve: Callable[[float], float],
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = per_minute / 60
        self._reserve, self._sleep = reserve, sleep
        self._held = 0.0

    def take(self, units: float) -> None:
        if self._held < units:
            booked = max(units - self._held, self._rate)
            wait = self._reserve(booked / self._rate)
            self._held += booked
            if wait > 0:
                self._sleep(wait)
        self._held -= units
