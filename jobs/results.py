"""What came of a job, by names that a person reads."""

from __future__ import annotations

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# What jobs of any kind call their figures.
LABELS: Final[dict[str, Promise]] = {
    "added": gettext_lazy("Added"),
    "attachments_dropped": gettext_lazy("Old attachments removed"),
    "bills_paid": gettext_lazy("Bills paid"),
    "bills_told": gettext_lazy("Notices of bills"),
    "booked": gettext_lazy("Booked"),
    "budgets_told": gettext_lazy("Notices of budgets"),
    "by_rules": gettext_lazy("Changed by rules"),
    "changed": gettext_lazy("Changed"),
    "closed": gettext_lazy("Closed"),
    "day": gettext_lazy("Day"),
    "dead_jobs": gettext_lazy("Failed for good"),
    "differences": gettext_lazy("Differences"),
    "dropped": gettext_lazy("Removed"),
    "due": gettext_lazy("Due"),
    "duplicates": gettext_lazy("Known already"),
    "enqueued": gettext_lazy("Jobs started"),
    "failed": gettext_lazy("Failed"),
    "found": gettext_lazy("Found"),
    "held": gettext_lazy("Held back"),
    "invited": gettext_lazy("Invited"),
    "joined": gettext_lazy("Joined"),
    "looked_at": gettext_lazy("Told of operators who looked"),
    "made": gettext_lazy("Made"),
    "matched": gettext_lazy("Matched"),
    "missed": gettext_lazy("Missed"),
    "more": gettext_lazy("More to come"),
    "new_devices": gettext_lazy("New devices"),
    "not_financial": gettext_lazy("Not financial"),
    "noted": gettext_lazy("Nothing to book"),
    "opened": gettext_lazy("Opened"),
    "planned": gettext_lazy("Notices planned"),
    "proposed": gettext_lazy("For review"),
    "quarantined": gettext_lazy("Quarantined"),
    "questions_told": gettext_lazy("Notices of questions"),
    "read": gettext_lazy("Read"),
    "refunds_overdue": gettext_lazy("Refunds overdue"),
    "reminded": gettext_lazy("Reminders"),
    "sent": gettext_lazy("Sent"),
    "skipped": gettext_lazy("Skipped"),
    "stored": gettext_lazy("Stored"),
    "subscriptions_found": gettext_lazy("Subscriptions found"),
    "told": gettext_lazy("Notices"),
    "trials_told": gettext_lazy("Notices of trials"),
    "voided": gettext_lazy("Voided"),
    "week_told": gettext_lazy("Notices of the week"),
}


def plain_result(result: Any) -> dict[str, Any]:
    """The figures of a result, by a readable name."""
    if not isinstance(result, dict):
        return {}
    return {
        str(LABELS.get(name, name.replace("_", " ").capitalize())): _value(value)
        for name, value in result.items()
        if isinstance(value, int | float | str)
    }


def _value(value: float | str) -> float | str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value
