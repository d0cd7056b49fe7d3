"""Whom a task may be given to."""

from __future__ import annotations

from accounts.models import Membership, User


def members() -> list[User]:
    """The active people of the tenant, by name: one query."""
    rows = Membership.objects.filter(user__is_active=True).select_related("user")
    return sorted((row.user for row in rows), key=lambda user: (label_of(user).lower(), user.pk))


def label_of(user: User) -> str:
    return user.name or user.email


def names_of(user: User) -> set[str]:
    """What they may be called in a line, in lower case: name, first name, the front of their
    address."""
    whole = user.name.lower().strip()
    return {whole.replace(" ", "."), whole.partition(" ")[0], user.email.lower().partition("@")[0]}
