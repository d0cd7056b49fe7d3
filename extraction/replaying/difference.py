"""One thing that today's reading of a message would change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from extraction.booking import Plan
from extraction.models import DifferenceKind
from finance.bills.entering import Notice
from finance.models import Bill, ReviewItem, Transaction
from mail_ingest.models import Email


@dataclass(frozen=True, slots=True)
class Difference:
    """Of a transaction, `plan` is what today's rules would do, None where they see no event; of a
    bill that is not known, `notice` is what they would enter."""

    email: Email
    item: int
    kind: DifferenceKind
    changes: Mapping[str, dict[str, str | None]]
    new: Mapping[str, Any] = field(default_factory=dict)
    plan: Plan | None = None
    row: Transaction | None = None
    question: ReviewItem | None = None
    notice: Notice | None = None
    bill: Bill | None = None

    @property
    def group(self) -> str:
        return f"{self.kind}:{','.join(sorted(self.changes))}:{self.email.from_address}"[:400]


def as_text(value: Any, accounts: Mapping[Any, str]) -> str | None:
    """A field's value for a person; `accounts` are the names of the tenant's accounts."""
    if value in (None, ""):
        return None
    if value in accounts:
        return accounts[value]
    code = getattr(value, "currency", "")
    return f"{value} {code}".strip()
