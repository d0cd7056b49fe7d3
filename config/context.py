"""What the frame of every page shows: the ledger's name, and how much waits. Read only when a
template asks for it, so that parts of pages pay nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.access import Access
from finance.querysets import open_review_items
from tenancy.scope import active_scope


class Frame:
    """The state of the frame around a page, for whoever acts in the active scope."""

    def __init__(self, access: Access | None) -> None:
        self.tenant = access.tenant if access else None
        self.memberships = access.memberships if access else []

    @cached_property
    def has_other_tenants(self) -> bool:
        return len(self.memberships) > 1

    @cached_property
    def review_count(self) -> int:
        return open_review_items().count()

    @cached_property
    def may(self) -> dict[str, bool]:
        """{"mail_write": True, …}: permission codes with an underscore, as templates need them."""
        scope = active_scope()
        codes = scope.permissions if scope else frozenset()
        return {code.replace(":", "_"): True for code in codes}


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(getattr(request, "access", None))}
