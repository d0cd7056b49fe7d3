"""What jobs are called."""

from __future__ import annotations

from django.conf import settings


def title_of(kind: str) -> str:
    """In words for a person; of a kind that no longer exists, its name."""
    return str(settings.JOB_TITLES.get(kind, kind))
