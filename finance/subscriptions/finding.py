"""Subscriptions follow the ledger: new ones are suggested, known ones get their charges, and a
price that rose is told."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Count
from django.db.models.functions import Lower

from finance.ledger.writing import change, insert, writing
from finance.models import (
    Recurring,
    RecurringMode,
    RecurringState,
    Subscription,
    SubscriptionCharge,
    SubscriptionState,
    Transaction,
    TransactionState,
)
from finance.money import Money
from finance.subscriptions.detecting import MOST, Charge, Finding, find
from notifications import facts
from notifications.notify import cancel, notify, told_facts
from tenancy.ids import new_id

LINK: Final = "/recurring/subscriptions/"
# So far back charges are looked at: three that are a year apart.
LOOK_BACK: Final = timedelta(days=3 * 366 + 30)
# So old a charge is history: what was told of it stays.
TAKEN_BACK: Final = timedelta(days=45)
# Whom one pays more often is a shop: weekly charges are 160 in that time.
MOST_OF_ONE: Final = 160
FOLLOWED: Final = (
    "amount_minor", "varies", "anchor_on", "unit", "every", "next_on", "days_off", "left_out",
)  # fmt: skip
# An amount that varies may come out so much beyond what it has been.
MARGIN: Final = 4
# Transactions with `who` was paid, which no model declares.
Rows = Any


@dataclass(frozen=True, slots=True)
class Series:
    """What repeats in one account at one merchant."""

    account_id: uuid.UUID
    currency: str
    name: str
    finding: Finding


def find_subscriptions(day: date) -> int:
    """Look through the history of the tenant: suggest what nobody has decided about, and carry on
    what is known. Returns how many are new. Rejected ones stay so, whatever comes."""
    with writing():
        take_back_voided(day)
        rows = spending(day)
        return _take_in(_series(_often(rows), rows, day))


def follow_subscriptions(day: date) -> int:
    """The same for accepted subscriptions alone, after something was booked: new charges, and
    their prices. Returns how many were looked at."""
    with writing():
        take_back_voided(day)
        accepted = Subscription.objects.filter(state=SubscriptionState.ACCEPTED)
        names = set(accepted.values_list(Lower("name"), flat=True))
        if names:
            rows = spending(day)
            groups = rows.filter(who__in=names)
            _take_in(_series(_often(groups), rows, day), only_known=True)
    return len(names)


def take_back_voided(day: date) -> None:
    """What was told of a charge that has been voided since is so no more."""
    recent = SubscriptionCharge.objects.filter(
        transaction__state=TransactionState.VOID, transaction__booked_on__gte=day - TAKEN_BACK
    )
    keys = {
        f"{row}:{on}" for row, on in recent.values_list("subscription", "transaction__booked_on")
    }
    if keys:
        for kind in ("price_rise", "cancelled_charged"):
            for key in keys & told_facts(kind).keys():
                cancel(kind, key=key)


def spending(day: date) -> Rows:
    """What went out to somebody (`who`, in lower case) within the time that is looked at; no
    transfers."""
    found = Transaction.objects.filter(
        state=TransactionState.POSTED,
        amount_minor__lt=0,
        booked_on__range=(day - LOOK_BACK, day),
        transfer_out__isnull=True,
    ).exclude(merchant="")
    return found.annotate(who=Lower("merchant"))


def _often(rows: Rows) -> list[Any]:
    """Account, currency and merchant (in lower case) that occur more than once, and not as often
    as a shop."""
    group = ("account_id", "currency", "who")
    counted = rows.order_by().values(*group).annotate(times=Count("id"))
    return list(counted.filter(times__gte=2, times__lte=MOST_OF_ONE).values_list(*group))


def _series(groups: list[Any], rows: Rows, day: date) -> list[Series]:
    names = {name for _, _, name in groups}
    by_group: dict[Any, list[Charge]] = {key: [] for key in groups}
    shown: dict[Any, str] = {}
    charges = (
        rows.filter(who__in=names)
        .order_by("booked_on", "id")
        .values_list("account_id", "currency", "who", "merchant", "id", "booked_on", "amount_minor")
    )
    for account_id, currency, who, merchant, pk, booked_on, minor in charges:
        key = account_id, currency, who
        if key in by_group:
            by_group[key].append(Charge(pk, booked_on, -minor))
            shown[key] = merchant
    return [
        Series(key[0], key[1], shown[key], finding)
        for key, found in by_group.items()
        for finding in find(found[-MOST:], day)
    ]


def _take_in(series: Iterable[Series], *, only_known: bool = False) -> int:
    found = list(series)
    known = _known(found)
    by_hand = _by_hand() if not only_known else set()
    new: list[Subscription] = []
    kept: list[Subscription] = []
    charges: list[SubscriptionCharge] = []
    for one in found:
        row = _same(one, known)
        if row is None:
            if only_known or (one.account_id, one.name.casefold()) in by_hand:
                continue
            row = Subscription(
                id=new_id(), name=one.name, account_id=one.account_id, currency=one.currency
            )
            new.append(row)
        else:
            kept.append(row)
            _tell_price(row, one)
            _tell_charged(row, one, known)
        _follow(row, one.finding)
        charges += [
            SubscriptionCharge(subscription=row, transaction_id=charge.id)
            for charge in one.finding.charges
            if charge.id not in known
        ]
    insert(new, "suggest", [{"name": row.name, "amount_minor": row.amount_minor} for row in new])
    Subscription.objects.bulk_update(kept, FOLLOWED)
    SubscriptionCharge.objects.bulk_create(charges)
    return len(new)


def _known(series: Iterable[Series]) -> dict[uuid.UUID, Subscription]:
    """The subscription of each charge that has one: of all the accounts' charges, since one
    transaction is a charge of one subscription only."""
    accounts = {one.account_id for one in series}
    links = SubscriptionCharge.objects.filter(subscription__account__in=accounts)
    rows: dict[uuid.UUID, Subscription] = {}
    found: dict[uuid.UUID, Subscription] = {}
    for link in links.select_related("subscription__recurring"):
        row = rows.setdefault(link.subscription_id, link.subscription)
        found[link.transaction_id] = row
    return found


def _same(one: Series, known: dict[uuid.UUID, Subscription]) -> Subscription | None:
    """The subscription that has most of the charges."""
    owners = Counter(known[c.id] for c in one.finding.charges if c.id in known)
    return owners.most_common(1)[0][0] if owners else None


def _by_hand() -> set[tuple[uuid.UUID, str]]:
    """Account and names of recurring transactions that a person keeps: nothing is suggested
    beside them."""
    rows = Recurring.objects.exclude(state=RecurringState.ENDED)
    return {
        (account_id, text.casefold())
        for account_id, name, merchant in rows.values_list("account_id", "name", "merchant")
        for text in (name, merchant)
        if text
    }


def _follow(row: Subscription, finding: Finding) -> None:
    rule = finding.rule
    row.amount_minor, row.varies = finding.latest.minor, finding.varies
    row.anchor_on, row.unit, row.every = rule.anchor, rule.unit.value, rule.every
    row.next_on, row.days_off, row.left_out = finding.next_on, finding.days_off, finding.left_out
    watched = row.recurring
    is_watched = watched is not None and watched.mode == RecurringMode.WATCH
    if row.state == SubscriptionState.ACCEPTED and watched is not None and is_watched:
        # What is watched for next is what was charged last.
        change(watched, "change", expected_amounts(row, finding.charges))


def expected_amounts(row: Subscription, charges: Iterable[Charge]) -> dict[str, int | None]:
    """The columns of a Recurring that take the next charge."""
    if not row.varies:
        return {"amount_minor": -row.amount_minor, "amount_to_minor": None}
    minors = [charge.minor for charge in charges]
    return {
        "amount_minor": -(min(minors) - min(minors) // MARGIN),
        "amount_to_minor": -(max(minors) + max(minors) // MARGIN),
    }


def _tell_charged(row: Subscription, one: Series, known: dict[uuid.UUID, Subscription]) -> None:
    """A charge that came after the subscription was cancelled."""
    latest = one.finding.latest
    if row.state != SubscriptionState.CANCELLED or row.cancelled_on is None:
        return
    if latest.id in known or latest.day <= row.cancelled_on:
        return
    amount = Money(latest.minor, row.currency)
    notify(
        "cancelled_charged",
        key=f"{row.pk}:{latest.day}",
        facts={
            "name": row.name,
            "amount": facts.money(amount.decimal, row.currency),
            "cancelled": row.cancelled_on,
            "date": latest.day,
        },
        link=LINK,
    )


def _tell_price(row: Subscription, one: Series) -> None:
    latest = one.finding.latest
    if row.state != SubscriptionState.ACCEPTED or row.varies or one.finding.varies:
        return
    if latest.minor > row.amount_minor:
        notify(
            "price_rise",
            key=f"{row.pk}:{latest.day}",
            facts={
                "name": row.name,
                "old": facts.money(row.amount.decimal, row.currency),
                "new": facts.money(Money(latest.minor, row.currency).decimal, row.currency),
                "date": latest.day,
            },
            link=LINK,
        )
