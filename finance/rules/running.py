"""Rules over transactions: what they would do, and doing it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from finance.ledger import Changes
from finance.ledger.batches import MOST, Edited, edit_many
from finance.ledger.naming import Names
from finance.ledger.tagging import tags_of_many
from finance.models import Rule, Split, Transaction, TransactionState
from finance.query import matching
from finance.rules.keeping import wanted_tags
from tenancy.scope import current_scope, entered

SHOWN = 10
# The first rule that sets one of these wins.
FIELDS: Final = frozenset(("category_id", "merchant", "notes", "is_one_time"))


@dataclass(frozen=True, slots=True)
class Preview:
    """How many transactions match, how many of them would change, and the newest of those."""

    matching: int
    changing: int
    examples: list[uuid.UUID]


def candidates() -> QuerySet[Transaction]:
    rows: QuerySet[Transaction] = Transaction.objects.exclude(state=TransactionState.VOID)
    return rows.filter(merged_into=None)


def preview(rule: Rule) -> Preview:
    """What a rule would do to what is in the ledger; it need not be saved. Raises QueryError."""
    found = matching(candidates(), rule.query)
    newest = found.order_by("-booked_on", "-id")[:MOST]
    wanted = wanted_changes([rule], newest)
    return Preview(found.count(), len(wanted), list(wanted)[:SHOWN])


def run(rules: Iterable[Rule], rows: QuerySet[Any], title: str) -> Edited:
    """Apply rules to some transactions, as a machine: what a person sets later stays. Raises
    QueryError."""
    scope = current_scope()
    machine = replace(scope.actor, kind="system", label=title[:120])
    with entered(replace(scope, actor=machine)):
        return edit_many(wanted_changes(rules, rows), title)


def wanted_changes(rules: Iterable[Rule], rows: QuerySet[Any]) -> dict[uuid.UUID, Changes]:
    """What the rules change, transaction by transaction: two queries a rule."""
    ids = list(rows.values_list("pk", flat=True))
    changes: dict[uuid.UUID, Changes] = {}
    rules = list(rules)
    names = Names.of(rule.merchant for rule in rules)
    decided: dict[uuid.UUID, set[str]] = {}
    carried = tags_of_many(ids) if any(map(wanted_tags, rules)) else {}
    for rule in rules:
        found = matching(Transaction.objects.filter(pk__in=ids), rule.query)
        found = found.only("pk", "merchant", "notes", "locked", "is_one_time")
        matched = list(found.order_by("-booked_on", "-id"))
        categories = _categories([row.pk for row in matched]) if rule.category_id else {}
        for row in matched:
            free = FIELDS - set(row.locked) - decided.get(row.pk, set())
            mine = _of(rule, row, categories.get(row.pk), names) if free else {}
            chosen = {name: value for name, value in mine.items() if name in free}
            tags = wanted_tags(rule) - carried.get(row.pk, frozenset())
            if tags and "tags" not in row.locked:
                before = changes.get(row.pk, {}).get("add_tags", frozenset())
                chosen["add_tags"] = before | tags
            decided.setdefault(row.pk, set()).update(_sets(rule))
            if chosen:
                changes.setdefault(row.pk, Changes()).update(chosen)  # type: ignore[typeddict-item]
    return changes


def _sets(rule: Rule) -> set[str]:
    fields = {"category_id": rule.category_id, "merchant": rule.merchant, "notes": rule.notes,
              "is_one_time": rule.is_one_time}  # fmt: skip
    return {name for name, value in fields.items() if value}


def _of(rule: Rule, row: Transaction, categories: list[Any] | None, names: Names) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    # A split transaction was parted by somebody who knew why.
    if rule.category_id and len(categories or ()) == 1 and categories != [rule.category_id]:
        changes["category_id"] = rule.category_id
    if rule.merchant and row.merchant != (name := names.standing(rule.merchant)):
        changes["merchant"] = name
    if rule.is_one_time and not row.is_one_time:
        changes["is_one_time"] = True
    if rule.notes and rule.notes not in row.notes:
        changes["notes"] = f"{row.notes}\n{rule.notes}".strip()
    return changes


def _categories(ids: list[uuid.UUID]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = {}
    splits = Split.objects.filter(transaction__in=ids).values_list("transaction_id", "category_id")
    for pk, category in splits:
        found.setdefault(pk, []).append(category)
    return found


def run_on_new(since: datetime | None) -> int:
    """Apply the enabled rules to what was booked since; returns how many changed."""
    rules = list(Rule.objects.filter(is_enabled=True))
    if not rules:
        return 0
    rows = candidates() if since is None else candidates().filter(created_at__gte=since)
    newest = rows.order_by("-created_at")[:MOST]
    return run(rules, newest, "Rules").changed
