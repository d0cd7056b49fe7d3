"""Small pieces of the pages' markup."""

from __future__ import annotations

from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """One of our own icons (static/img/icons.svg), beside a text that says the same."""
    return format_html(
        '<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>',
        static("img/icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def current(context: dict[str, Any], prefix: str) -> SafeString | str:
    """`aria-current="page"` where the address starts with `prefix` ("/" matches only itself)."""
    path = context["request"].path
    here = path == prefix if prefix == "/" else path.startswith(prefix)
    return SafeString('aria-current="page"') if here else ""
