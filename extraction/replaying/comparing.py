"""What today's reading of a message would change in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from extraction.booking import Action, Plan, ReadEmail
from extraction.models import DifferenceKind
from extraction.replaying.difference import Difference, as_text
from extraction.senders import SOURCE_KIND
from finance.ledger import Movement
from finance.models import FinancialAccount, ReviewItem, ReviewState, Transaction, TransactionState
from mail_ingest.models import Email

# What a message tells of a movement. The category is judged, not read.
COMPARED = (
    "amount", "original", "booked_on", "occurred_at", "merchant", "description", "event",
    "account_id",
)  # fmt: skip
# A reading that finds nothing here has not become worse than the ledger, only shorter.
OPTIONAL = frozenset({"original", "occurred_at", "merchant", "description"})
Key = tuple[str, int]


class Ledger:
    """What the ledger and the review queue have from some messages: three queries."""

    def __init__(self, emails: Iterable[Email]) -> None:
        of_emails = {"source_kind": SOURCE_KIND, "source_id__in": [str(e.pk) for e in emails]}
        self.rows: dict[Key, Transaction] = {
            (row.source_id, row.source_item): row for row in Transaction.objects.filter(**of_emails)
        }
        about = ReviewItem.objects.filter(transaction__in=[row.pk for row in self.rows.values()])
        items = (*ReviewItem.objects.filter(**of_emails), *about)
        by_row = {row.pk: key for key, row in self.rows.items()}
        self.questions: dict[Key, ReviewItem] = {
            by_row.get(item.transaction_id) or (item.source_id, item.source_item): item
            for item in items
        }

    def of(self, email: Email) -> dict[int, Transaction]:
        """The transactions of one message, by event."""
        return {item: row for (id_, item), row in self.rows.items() if id_ == str(email.pk)}

    def has(self, email: Email) -> bool:
        """Whether something of a message is booked."""
        return any(row.state == TransactionState.POSTED for row in self.of(email).values())

    def asks(self, email: Email) -> bool:
        """Whether something of a message waits for a person."""
        return any(
            item.state == ReviewState.OPEN
            for (id_, _), item in self.questions.items()
            if id_ == str(email.pk)
        )


def differences(
    read: ReadEmail, plans: Iterable[Plan], ledger: Ledger, accounts: Mapping[Any, str]
) -> list[Difference]:
    """Those of one message; `accounts` are the names of the tenant's accounts."""
    if read.error or read.is_damaged:
        return []
    by_item = {plan.source.item: plan for plan in plans}
    rows = ledger.of(read.email)
    found = [
        _difference(read.email, item, by_item.get(item), rows.get(item), ledger, accounts)
        for item in sorted({*by_item, *rows})
    ]
    return [difference for difference in found if difference is not None]


def _difference(
    email: Email,
    item: int,
    plan: Plan | None,
    row: Transaction | None,
    ledger: Ledger,
    accounts: Mapping[Any, str],
) -> Difference | None:
    question = ledger.questions.get((str(email.pk), item))
    if _is_decided(row, question):
        return None
    if plan is None:
        return _gone(email, item, row, question)
    if row is None and question is None:
        return Difference(email, item, DifferenceKind.NEW, _told(plan, accounts), plan=plan)
    new = _changed(row, plan.movement) if row and plan.movement else {}
    waits = question is not None and question.state == ReviewState.OPEN
    bookable = waits and plan.action == Action.POST
    if not new and not bookable:
        return None
    kind = DifferenceKind.BOOKABLE if bookable else DifferenceKind.CHANGED
    changes = (
        {name: {"old": as_text(_value(row, name), accounts), "new": as_text(value, accounts)}
         for name, value in new.items()}
        if row else _told(plan, accounts)
    )  # fmt: skip
    return Difference(email, item, kind, changes, new, plan, row, question)


def _is_decided(row: Transaction | None, question: ReviewItem | None) -> bool:
    """Whether a person has said that it is none, or that it is another one's."""
    if row is not None and (row.state == TransactionState.VOID or row.merged_into_id is not None):
        return True
    return question is not None and question.state == ReviewState.DISMISSED


def _gone(
    email: Email, item: int, row: Transaction | None, question: ReviewItem | None
) -> Difference | None:
    accepted = question is not None and question.state == ReviewState.ACCEPTED
    if row is None or accepted or row.locked:
        return None
    return Difference(email, item, DifferenceKind.GONE, {}, row=row, question=question)


def _changed(row: Transaction, movement: Movement) -> dict[str, Any]:
    """The fields that a person has not set and that are read otherwise now."""
    return {
        name: new
        for name in COMPARED
        if name not in row.locked
        and (new := getattr(movement, name)) != _value(row, name)
        and (new or name not in OPTIONAL)
    }


def _value(row: Transaction, name: str) -> Any:
    return getattr(row, name)


def _told(plan: Plan, accounts: Mapping[Any, str]) -> dict[str, dict[str, str | None]]:
    if plan.movement is None:
        draft = plan.draft or {}
        told = {
            "amount": f"{draft['amount']} {draft['currency']}" if draft.get("amount") else "",
            **{name: draft.get(name) for name in ("booked_on", "merchant", "event")},
        }
    else:
        told = {name: getattr(plan.movement, name) for name in COMPARED}
    return {
        name: {"old": None, "new": as_text(value, accounts)}
        for name, value in told.items()
        if value
    }


def account_names() -> dict[Any, str]:
    return {pk: str(name) for pk, name in FinancialAccount.objects.values_list("pk", "name")}
