"""Setting up a ledger in five steps: which there are, and where it goes on.

Each step is a page with an address of its own, open at any time; `Tenant.onboarding_step` keeps
where to go on. All else is derived from what is there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mail_ingest.models import ConnectedAccount
from tenancy.models import Tenant


@dataclass(frozen=True, slots=True)
class Step:
    key: str
    label: str | Promise
    number: int

    @property
    def href(self) -> str:
        return reverse(f"onboarding_{self.key}")


LABELS: Final = {
    "you": _("You and your currency"),
    "mail": _("Your mail"),
    "preview": _("What was recognised"),
    "accounts": _("Your accounts"),
    "progress": _("Ready"),
}
STEPS: Final = tuple(Step(key, label, n) for n, (key, label) in enumerate(LABELS.items(), 1))
BY_KEY: Final = {step.key: step for step in STEPS}


@dataclass(frozen=True, slots=True)
class Shown:
    """A step as the line of steps shows it."""

    step: Step
    is_current: bool
    is_done: bool


def reached(tenant: Tenant) -> int | None:
    """The number of the step where setting up goes on; mail that is there needs no asking for.
    None when it is done."""
    kept = tenant.onboarding_step
    if kept == BY_KEY["mail"].number and ConnectedAccount.objects.exists():
        return BY_KEY["preview"].number
    return kept


def shown(current: Step, tenant: Tenant) -> list[Shown]:
    """A step is done once one has gone past it; the preview only with a yes."""
    here = reached(tenant) or len(STEPS) + 1
    held = tenant.booking_held_since is not None
    return [
        Shown(step, step is current, step.number < here and not (held and step.key == "preview"))
        for step in STEPS
    ]


def resumed(tenant: Tenant) -> Step | None:
    """Where setting up goes on; None when it is done."""
    if here := reached(tenant):
        return STEPS[min(here, len(STEPS)) - 1]
    return BY_KEY["preview"] if tenant.booking_held_since else None


def go_past(tenant: Tenant, step: Step) -> str:
    """Remember that a step was done or skipped. The address of the next; after the last of them,
    the overview's."""
    kept = tenant.onboarding_step
    is_last = step is STEPS[-1]
    if kept is not None and (is_last or step.number >= kept):
        tenant.onboarding_step = None if is_last else step.number + 1
        tenant.save(update_fields=["onboarding_step"])
    return reverse("dashboard") if is_last else STEPS[step.number].href
