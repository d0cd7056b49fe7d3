"""Is the sender who it says? Pure.

Only the topmost Authentication-Results header (RFC 8601) counts, and only where it was written by
the connector's own server: a sender can put such headers into a message, but below it. What
counts is DMARC (RFC 7489) for the domain of the From header. Everything else is unverified,
which is no accusation: it only means that a person has to look.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Trust(StrEnum):
    """What is known of a message's sender."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    FAILING = "failing"

    @property
    def label(self) -> str:
        return self.value.title()


@dataclass(frozen=True, slots=True)
class TrustResult:
    trust: Trust
    reason: str
