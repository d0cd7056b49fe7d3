"""Every address of the web process, as the URLconf has it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.admindocs.views import extract_views_from_urlpatterns, simplify_regex
from django.db.models import Model
from django.urls import get_resolver

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True, slots=True)
class Route:
    """One address: its template (`/api/v1/roles/<pk>`), its view, and what each method does."""

    template: str
    view: Any
    actions: tuple[tuple[str, str], ...]

    @property
    def is_api(self) -> bool:
        return self.template.startswith("/api/")

    @property
    def parameters(self) -> list[str]:
        return PARAMETER.findall(self.template)

    @property
    def model(self) -> type[Model] | None:
        queryset = getattr(self.view, "queryset", None)
        return queryset.model if queryset is not None else None

    @property
    def lists(self) -> bool:
        return ("get", "list") in self.actions

    @property
    def whole_list(self) -> str:
        """The address of the longest page; a list that is not in pages takes no limit."""
        is_paged = getattr(self.view, "pagination_class", None) is not None
        return f"{self.template}?limit=200" if is_paged else self.template

    def address(self, value: object) -> str:
        return PARAMETER.sub(str(value), self.template)

    def __str__(self) -> str:
        return self.template


def all_routes(urlconf: str | None = None) -> list[Route]:
    """Without the operators' admin, which `tests/config/test_admin.py` walks."""
    routes = []
    for function, pattern, *_ in extract_views_from_urlpatterns(get_resolver(urlconf).url_patterns):
        template = simplify_regex(str(pattern))
        if not template.startswith(("/admin/", "/static/")):
            view = getattr(function, "cls", None) or getattr(function, "view_class", function)
            routes.append(Route(template, view, actions_of(function, view)))
    return routes


def actions_of(function: Any, view: Any) -> tuple[tuple[str, str], ...]:
    """Method and action; for a view without actions each method is its own. A plain function
    does not tell: it is asked with GET and POST."""
    named: dict[str, str] = getattr(function, "actions", None) or {}
    if not named and isinstance(view, type):
        methods = ("get", "post", "put", "patch", "delete")
        named = {method: method for method in methods if hasattr(view, method)}
    allowed = getattr(view, "http_method_names", None) or ("get", "post")
    named = named or {"get": "get", "post": "post"}
    return tuple((method, name) for method, name in named.items() if method in allowed)
