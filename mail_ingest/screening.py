"""Is a message possibly about money? Pure, cheap, and made to miss nothing."""

from __future__ import annotations

from enum import StrEnum


class Screening(StrEnum):
    """Whether a message is worth reading for transactions."""

    POSSIBLE = "possible"
    UNLIKELY = "unlikely"

    @property
    def label(self) -> str:
        return self.value.title()
