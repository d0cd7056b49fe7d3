"""What a person says of subscriptions: it is one, it is none, it has been cancelled."""

from __future__ import annotations

import uuid

from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger, WrongState
from finance.ledger.movements import clean_text
from finance.ledger.writing import change, locked, writing
from finance.models import (
    Recurring,
    RecurringMode,
    RecurringState,
    Subscription,
    SubscriptionCharge,
    SubscriptionState,
)
from finance.money import Money
from finance.querysets import today
from finance.recurring.templates import Template, add_recurring, end_recurring
from finance.subscriptions.detecting import Charge
from finance.subscriptions.finding import expected_amounts
from tenancy.wording import worded


def accept(subscription_id: uuid.UUID) -> Subscription:
    """It is one: its next charge is watched for from now on. Rejected or cancelled before: taken
    up again. Accepted already: nothing happens. Raises NotInLedger, LedgerError (its account has
    been closed)."""
    with writing():
        row = locked(Subscription, subscription_id)
        if row.state != SubscriptionState.ACCEPTED:
            fields = {"state": SubscriptionState.ACCEPTED, "cancelled_on": None}
            change(row, "accept", fields | {"recurring_id": _watch(row).pk})
    return row


def reject(subscription_id: uuid.UUID) -> Subscription:
    """It is none, and is not suggested again. Raises NotInLedger."""
    with writing():
        row = locked(Subscription, subscription_id)
        _stop_watching(row)
        change(row, "reject", {"state": SubscriptionState.REJECTED, "cancelled_on": None})
    return row


def cancel(subscription_id: uuid.UUID) -> Subscription:
    """A person has cancelled it: no charge is expected. Raises NotInLedger, WrongState (it was
    never accepted)."""
    with writing():
        row = locked(Subscription, subscription_id)
        if row.state == SubscriptionState.CANCELLED:
            return row
        if row.state != SubscriptionState.ACCEPTED:
            raise WrongState(
                gettext("Only what has been accepted is cancelled."), code="not_accepted"
            )
        _stop_watching(row)
        change(row, "cancel", {"state": SubscriptionState.CANCELLED, "cancelled_on": today()})
    return row


def rename(subscription_id: uuid.UUID, name: str) -> Subscription:
    """Raises NotInLedger, LedgerError."""
    with writing():
        row = locked(Subscription, subscription_id)
        wanted = clean_text(name, 200)
        if not wanted:
            raise LedgerError(gettext("A subscription needs a name."), code="blank", field="name")
        change(row, "rename", {"name": wanted})
    return row


def subscription_named(subscription_id: uuid.UUID) -> Subscription:
    """Raises NotInLedger."""
    row: Subscription | None = Subscription.objects.filter(pk=subscription_id).first()
    if row is None:
        raise NotInLedger(
            worded("There is no subscription %(subscription_id)s.", subscription_id=subscription_id)
        )
    return row


def _watch(row: Subscription) -> Recurring:
    links = SubscriptionCharge.objects.filter(subscription=row).select_related("transaction")
    booked = [link.transaction for link in links.order_by("-transaction__booked_on")]
    charges = [Charge(t.pk, t.booked_on, -t.amount_minor) for t in booked]
    amounts = expected_amounts(row, charges)
    nearer, further = amounts["amount_minor"], amounts["amount_to_minor"]
    return add_recurring(
        Template(
            name=row.name[:120],
            account_id=row.account_id,
            amount=Money(nearer or 0, row.currency),
            amount_to=None if further is None else Money(further, row.currency),
            merchant=booked[0].merchant if booked else row.name,
            mode=RecurringMode.WATCH,
            anchor_on=row.anchor_on,
            unit=row.unit,
            every=row.every,
        )
    )


def _stop_watching(row: Subscription) -> None:
    if row.recurring is not None and row.recurring.state != RecurringState.ENDED:
        end_recurring(row.recurring.pk)
