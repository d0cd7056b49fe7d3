"""What lets a phone or a desktop keep Inledger as an app, and what it shows without a network.

Nothing of a ledger is ever kept by the browser: the service worker knows the offline page and its
stylesheets only.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

STYLES: Final = (
    "css/tokens.css",
    "css/base.css",
    "css/controls.css",
    "css/parts.css",
    "css/pages.css",
)
# The values of --accent and --paper in css/tokens.css: a manifest knows no stylesheet.
INK: Final = "#14584a"
PAPER: Final = "#f6f3ea"


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """A web app manifest (W3C), in the reader's language."""
    body = {
        "id": "/",
        "name": "Inledger",
        "short_name": "Inledger",
        "description": _("Your inbox, as a ledger."),
        "lang": get_language(),
        "start_url": reverse("dashboard"),
        "scope": "/",
        "display": "standalone",
        "theme_color": INK,
        "background_color": PAPER,
        "icons": [
            _icon("img/favicon.svg", "any"),
            _icon("img/icon-maskable.svg", "maskable"),
        ],
        "shortcuts": [
            _shortcut("review", _("Review")),
            _shortcut("transactions", _("Transactions")),
            _shortcut("transaction_new", _("Add transaction")),
        ],
    }
    return JsonResponse(body, content_type="application/manifest+json")


@require_safe
@never_cache
def service_worker(request: HttpRequest) -> HttpResponse:
    """From the root, for that is what it may serve."""
    kept = [reverse("offline"), *map(static, STYLES), static("img/favicon.svg")]
    version = sha256("\n".join(kept).encode()).hexdigest()[:12]
    ended = {
        "title": _("This device is not told any more"),
        "body": _("Its browser has ended the subscription. Add the device again."),
        "url": reverse("settings_notifications"),
    }
    context = {
        "kept": kept, "offline": reverse("offline"), "cache": f"inledger-{version}", "ended": ended,
    }  # fmt: skip
    return render(
        request, "config/service-worker.js", context, content_type="text/javascript; charset=utf-8"
    )


@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """The page without a network. It holds nothing of anybody."""
    return render(request, "config/offline.html", {"styles": STYLES})


def _icon(path: str, purpose: str) -> dict[str, Any]:
    return {"src": static(path), "type": "image/svg+xml", "sizes": "any", "purpose": purpose}


def _shortcut(address: str, name: str) -> dict[str, Any]:
    return {"name": name, "url": reverse(address)}
