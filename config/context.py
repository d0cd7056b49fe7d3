"""What the frame of every page shows: the ledger's name, and how much waits. Read only when a
template asks for it, so that parts of pages pay nothing."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from accounts.access import Access
from config import navigation
from finance.querysets import open_review_items
from notifications.querysets import unread_of
from tenancy.scope import active_scope, current_actor


class Frame:
    """The state of the frame around a page, for whoever acts in the active scope."""

    def __init__(self, access: Access | None, path: str = "/") -> None:
        self.tenant = access.tenant if access else None
        self.memberships = access.memberships if access else []
        self.impersonation = access.impersonation if access else None
        self.path = path

    @cached_property
    def has_other_tenants(self) -> bool:
        return len(self.memberships) > 1

    @cached_property
    def review_count(self) -> int:
        return open_review_items().count()

    @cached_property
    def unread_count(self) -> int:
        user_id = current_actor().user_id
        return unread_of(user_id).count() if user_id else 0

    @cached_property
    def main(self) -> list[navigation.Links]:
        return list(navigation.links(navigation.MAIN, self, self.path))

    @cached_property
    def foot(self) -> list[navigation.Links]:
        return list(navigation.links(navigation.FOOT, self, self.path))

    @cached_property
    def settings(self) -> list[navigation.Links]:
        return list(navigation.links(navigation.SETTINGS, self, self.path))

    def has(self, code: str) -> bool:
        """Whether whoever looks holds a permission; nobody's scope holds none."""
        scope = active_scope()
        return scope is not None and code in scope.permissions

    @cached_property
    def may(self) -> dict[str, bool]:
        """{"mail_write": True, …}: permission codes with an underscore, as templates need them."""
        scope = active_scope()
        codes = scope.permissions if scope else frozenset()
        return {code.replace(":", "_"): True for code in codes}


def frame(request: HttpRequest) -> dict[str, Any]:
    return {"frame": Frame(getattr(request, "access", None), request.path)}
