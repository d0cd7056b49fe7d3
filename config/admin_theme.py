"""How the operators' admin looks (django-unfold)."""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext_lazy

# The green of static/css/tokens.css: step, lightness in percent, chroma.
_GREEN: Final = (
    (50, 97.5, 0.012), (100, 94.5, 0.025), (200, 89, 0.045), (300, 81, 0.065), (400, 70, 0.08),
    (500, 58, 0.085), (600, 47, 0.08), (700, 40, 0.07), (800, 34, 0.058), (900, 29, 0.048),
    (950, 21, 0.035),
)  # fmt: skip

UNFOLD: Final[dict[str, Any]] = {
    "SITE_TITLE": gettext_lazy("Inledger operators"),
    "SITE_HEADER": gettext_lazy("Inledger operators"),
    "SITE_SYMBOL": "account_balance_wallet",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "DASHBOARD_CALLBACK": "config.operators.operators_home",
    "COLORS": {
        "primary": {
            str(step): f"oklch({lightness}% {chroma} 165)" for step, lightness, chroma in _GREEN
        }
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": True},
}
