"""The sections of the overview, as data: a new one is one more `Section` and its template
`config/overview/<key>.html`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from config.overview import building
from config.overview.building import Context, Glance


@dataclass(frozen=True, slots=True)
class Section:
    """One card. `build` gives its template's context, or None where there is nothing to show yet;
    `more` is the page that says more; `is_first`: it comes with the page, the others follow."""

    key: str
    title: str | Promise
    build: Callable[[Glance], Context | None]
    more: str = ""
    is_wide: bool = False
    is_first: bool = False

    @property
    def template(self) -> str:
        return f"config/overview/{self.key}.html"


SECTIONS: Final = (
    Section("insights", _("Worth a look"), building.insights, "analytics", is_wide=True),
    Section("spending", _("Spending by category"), building.spent, "analytics", is_first=True),
    Section("balances", _("Balances"), building.balances, "accounts", is_first=True),
    Section("months", _("In and out by month"), building.months_in_and_out, "analytics_income"),
    Section("worth", _("Net worth"), building.net_worth, "analytics_worth"),
    Section("upcoming", _("Coming up"), building.upcoming, "recurring"),
    Section("coverage", _("What is missing"), building.missing, "analytics_coverage"),
    Section("flow", _("Where it came from and went"), building.flow, "analytics_income",
            is_wide=True),
)  # fmt: skip
KEYS: Final = tuple(section.key for section in SECTIONS)
BY_KEY: Final = {section.key: section for section in SECTIONS}


@dataclass(slots=True)
class Card:
    """A section as one person sees it; until it is built, its place is kept."""

    section: Section
    is_folded: bool
    context: Context | None = None
    is_built: bool = False

    def built(self, glance: Glance) -> Card:
        self.context = self.section.build(glance)
        self.is_built = True
        return self
