"""Reports that may belong to others, looked up for a whole batch by amount and day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.conf import settings
from django.db.models import Q
from django.utils.module_loading import import_string

from finance.ledger.changes import legs_among
from finance.ledger.drafts import movement_values
from finance.matching.scoring import LONGEST_APART, Facts
from finance.models import (
    ReviewItem,
    ReviewState,
    StatementLine,
    Transaction,
    TransactionState,
)
from finance.money import Money

AT_ONCE: Final = 1_000
HOLDS_AT_ONCE: Final = 100
# A question that has waited behind so many others is found once it is looked at again.
MOST_QUESTIONS: Final = 1_000
HARMLESS: Final = frozenset({"possible_duplicate", "hold", "other_institution", "spot_check"})
COLUMNS: Final = (
    "pk", "account_id", "amount_minor", "currency", "original_minor", "original_currency",
    "booked_on", "occurred_at", "merchant", "merchant_raw", "description", "event", "state",
    "source_kind", "source_id", "locked",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
    """A transaction, or a question (`is_item`), with what it tells; `is_sorted` where a person has
    set its category."""

    id: uuid.UUID
    facts: Facts
    is_item: bool = False
    is_leg: bool = False
    is_sorted: bool = False


def reports(ids: Collection[uuid.UUID]) -> list[Report]:
    """Of transactions that count or are proposed."""
    listed = list(ids)
    return [
        report
        for at in range(0, len(listed), AT_ONCE)
        for report in where(Q(pk__in=listed[at : at + AT_ONCE]))
    ]


def questions(ids: Collection[uuid.UUID] | None = None) -> list[Report]:
    """Of open questions about messages that are no transaction yet and tell an amount; all of
    them (the newest MOST_QUESTIONS) unless ids are given."""
    rows = ReviewItem.objects.filter(state=ReviewState.OPEN, transaction=None)
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    found = []
    for item in rows.order_by("-id")[:MOST_QUESTIONS]:
        facts = _drafted(item)
        if facts is not None:
            found.append(Report(item.pk, facts, is_item=True))
    return named(found)


def near(facts: Sequence[Facts], *, opposite: bool = False, days: timedelta = LONGEST_APART
         ) -> list[Report]:  # fmt: skip
    """Transactions of the same amounts (or the opposite ones) about the same days, and holds of
    any amount there: a few queries, whatever the number of facts."""
    if not facts:
        return []
    sign = -1 if opposite else 1
    by_amount: dict[int, list[date]] = defaultdict(list)
    for each in facts:
        for money in (each.amount, each.original):
            if money is not None:
                by_amount[sign * money.minor].append(each.booked_on)
    found: dict[uuid.UUID, Report] = {}
    amounts = sorted(by_amount)
    for at in range(0, len(amounts), AT_ONCE):
        some = amounts[at : at + AT_ONCE]
        told = [day for amount in some for day in by_amount[amount]]
        window = Q(booked_on__range=(min(told) - days, max(told) + days))
        of_amount = Q(amount_minor__in=some)
        if not opposite:
            of_amount |= Q(original_minor__in=[*some, *(-amount for amount in some)])
        for report in where(window & of_amount):
            if _is_near(report.facts, by_amount, days):
                found[report.id] = report
    if not opposite:
        found |= {report.id: report for report in _of_other_amount(facts, days)}
    return named(list(found.values()))


def _is_near(facts: Facts, by_amount: Mapping[int, list[date]], days: timedelta) -> bool:
    moneys = [m.minor for m in (facts.amount, facts.original) if m is not None]
    told = [day for minor in moneys for day in (*by_amount.get(minor, ()),
                                                *by_amount.get(-minor, ()))]  # fmt: skip
    return any(abs(day - facts.booked_on) <= days for day in told)


def _of_other_amount(facts: Sequence[Facts], days: timedelta) -> Iterator[Report]:
    """Proposed holds beside what may be their postings, and postings beside what is held: a tip
    or a pump changes the amount between the two."""
    told = [each.booked_on for each in facts]
    yield from where(
        Q(event="hold", state=TransactionState.PROPOSED),
        Q(booked_on__range=(min(told) - days, max(told) + days)),
    )
    held = sorted({(str(each.account), each.booked_on) for each in facts
                   if each.is_hold and each.account is not None})  # fmt: skip
    for at in range(0, len(held), HOLDS_AT_ONCE):
        of_account = (
            Q(account=account, booked_on__range=(day, day + days))
            for account, day in held[at : at + HOLDS_AT_ONCE]
        )
        yield from where(reduce(or_, of_account), Q(state=TransactionState.POSTED))


def purchases_at(refunds: Sequence[Facts], days: timedelta) -> list[Report]:
    """What was bought of the merchants of these refunds in the days before: one query."""
    merchants = {each.merchant for each in refunds if each.merchant}
    if not merchants:
        return []
    told = [each.booked_on for each in refunds]
    return where(
        Q(booked_on__range=(min(told) - days, max(told))),
        Q(merchant__in=merchants, amount_minor__lt=0, state=TransactionState.POSTED),
    )


def where(*wanted: Q) -> list[Report]:
    """Reports of transactions that count or are proposed, without their senders."""
    rows = list(
        Transaction.objects.filter(*wanted).exclude(state=TransactionState.VOID)
        .order_by().values(*COLUMNS)
    )  # fmt: skip
    ids = [row["pk"] for row in rows]
    stated, legs, doubted = _stated(ids), legs_among(ids), _doubted(rows)
    return [
        Report(
            row["pk"],
            _facts(row, is_stated=row["pk"] in stated, is_doubted=row["pk"] in doubted),
            is_leg=row["pk"] in legs,
            is_sorted=bool({"category_id", "parts"} & set(row["locked"])),
        )
        for row in rows
    ]


def _facts(row: Mapping[str, Any], *, is_stated: bool, is_doubted: bool) -> Facts:
    original = None
    if row["original_minor"] is not None:
        original = Money(row["original_minor"], row["original_currency"])
    return Facts(
        source=f"{row['source_kind']}:{row['source_id']}" if row["source_kind"] else "",
        teller=row["source_kind"],
        account=row["account_id"],
        amount=Money(row["amount_minor"], row["currency"]),
        booked_on=row["booked_on"],
        occurred_at=row["occurred_at"],
        merchant=row["merchant"],
        merchant_raw=row["merchant_raw"],
        reference=row["description"],
        event=row["event"],
        original=original,
        is_posted=row["state"] == TransactionState.POSTED,
        is_stated=is_stated or row["source_kind"] == "statement",
        is_doubted=is_doubted,
    )


def _drafted(item: ReviewItem) -> Facts | None:
    values = movement_values(item.draft)
    amount: Money | None = values.get("amount")
    booked_on: date | None = values.get("booked_on")
    if amount is None or amount.minor == 0 or booked_on is None:
        return None
    occurred_at: datetime | None = values.get("occurred_at")
    return Facts(
        source=f"{item.source_kind}:{item.source_id}",
        teller=item.source_kind,
        account=values.get("account_id"),
        amount=amount,
        booked_on=booked_on,
        occurred_at=occurred_at,
        merchant=values.get("merchant", ""),
        merchant_raw=values.get("merchant_raw", ""),
        reference=values.get("description", ""),
        event=values.get("event", ""),
        original=values.get("original"),
        is_doubted=bool(set(item.reasons) - HARMLESS - {"unknown_account", "currency_differs"}),
    )


def named(found: Sequence[Report]) -> list[Report]:
    """With who wrote each: one query for each kind of source."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for report in found:
        kind, _, pk = report.facts.source.partition(":")
        if kind in settings.SOURCE_TELLERS:
            by_kind[kind].add(pk)
    tellers: dict[str, str] = {}
    for kind, ids in by_kind.items():
        tell: Callable[[Iterable[str]], dict[str, str]]
        tell = import_string(settings.SOURCE_TELLERS[kind])
        tellers |= {f"{kind}:{pk}": teller for pk, teller in tell(ids).items()}
    return [
        replace(report, facts=replace(report.facts, teller=tellers[report.facts.source]))
        if report.facts.source in tellers else report
        for report in found
    ]  # fmt: skip


def _stated(ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those that a bank's statement has a line of."""
    lines = StatementLine.objects.filter(is_live=True, transaction__in=ids)
    return set(lines.values_list("transaction_id", flat=True))


def _doubted(rows: Sequence[Mapping[str, Any]]) -> set[uuid.UUID]:
    """Proposals of which a person must judge more than whether they are told already."""
    proposed = [row["pk"] for row in rows if row["state"] == TransactionState.PROPOSED]
    if not proposed:
        return set()
    items = ReviewItem.objects.filter(transaction__in=proposed, state=ReviewState.OPEN)
    reasons = dict(items.values_list("transaction_id", "reasons"))
    return {pk for pk, some in reasons.items() if set(some) - HARMLESS}
