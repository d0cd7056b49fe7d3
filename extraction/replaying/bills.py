"""What today's reading of a message would change among the bills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count

from extraction.bills import bill_notices
from extraction.booking import Planner, ReadEmail
from extraction.models import DifferenceKind
from extraction.replaying.difference import Difference, as_text
from extraction.senders import SOURCE_KIND
from finance.bills.entering import Notice, enter_many, tells_of
from finance.bills.managing import change_bill, dismiss
from finance.bills.reading import set_by_person
from finance.ledger.movements import clean_text
from finance.models import Bill, BillNotice, BillState
from mail_ingest.models import Email
from tenancy.models import Tenant

Key = tuple[str, int]


def bill_differences(
    read: Sequence[ReadEmail], tenant: Tenant, accounts: Mapping[Any, str]
) -> list[Difference]:
    """Those of some messages. To see which bills are new they are entered, and that is taken
    back."""
    with transaction.atomic():
        found = _differences(read, tenant, accounts)
        transaction.set_rollback(True)
    return found


def _differences(
    read: Sequence[ReadEmail], tenant: Tenant, accounts: Mapping[Any, str]
) -> list[Difference]:
    sound = [one for one in read if not one.error and not one.is_damaged]
    emails = {str(one.email.pk): one.email for one in sound}
    notices = {_key(n): n for n in bill_notices(sound, Planner(read, tenant), tenant)}
    heard = _heard(emails)
    new = enter_many([notice for key, notice in notices.items() if key not in heard])
    made = BillNotice.objects.filter(bill__in=[bill.pk for bill in new]).order_by("id")
    by_bill = {row.bill_id: (row.source_id, row.source_item) for row in made}
    found = [
        _new(emails[key[0]], notices[key], accounts) for key in by_bill.values() if key in notices
    ]
    people = set_by_person([row.bill_id for row in heard.values()])
    for key, row in heard.items():
        bill: Bill = row.bill
        if not _is_open_for_change(bill, people.get(bill.pk, frozenset())):
            continue
        email, notice = emails[key[0]], notices.get(key)
        told_once = row.tellers == 1  # type: ignore[attr-defined] # annotated
        if notice is None:
            # What another message tells as well is a bill still.
            found += [_gone(email, key[1], bill)] if told_once else []
        elif not told_once and tells_of(notice, bill):
            # A reminder words it otherwise than the invoice: neither was misread.
            continue
        elif changes := _changed(bill, notice, people.get(bill.pk, frozenset())):
            found.append(_as_changed(email, key[1], bill, changes, accounts))
    return found


def apply_to_bills(now: Difference) -> None:
    """Raises LedgerError."""
    if now.notice is not None:
        enter_many([now.notice])
    elif now.bill is not None and now.kind == DifferenceKind.CHANGED_BILL:
        change_bill(now.bill.pk, now.new)
    elif now.bill is not None:
        dismiss(now.bill.pk)


def _key(notice: Notice) -> Key:
    return notice.source.id, notice.source.item


def _heard(emails: Iterable[str]) -> dict[Key, BillNotice]:
    rows = BillNotice.objects.filter(source_kind=SOURCE_KIND, source_id__in=list(emails))
    rows = rows.select_related("bill").annotate(tellers=Count("bill__notices"))
    return {(row.source_id, row.source_item): row for row in rows}


def _is_open_for_change(bill: Bill, by_person: frozenset[str]) -> bool:
    """Neither paid nor decided: what a person has confirmed or dismissed is so."""
    is_decided = bill.state == BillState.DISMISSED or "state" in by_person
    return bill.payment_id is None and not is_decided


def _changed(bill: Bill, notice: Notice, by_person: frozenset[str]) -> dict[str, Any]:
    """What is read otherwise now."""
    told: dict[str, Any] = {
        "payee": clean_text(notice.payee, 200),
        "amount": notice.amount,
        "due_on": notice.due_on,
        "reference": clean_text(notice.reference, 100),
    }
    columns = {"amount": "amount_minor"}
    return {
        name: value
        for name, value in told.items()
        if value and value != getattr(bill, name) and columns.get(name, name) not in by_person
    }


def _new(email: Email, notice: Notice, accounts: Mapping[Any, str]) -> Difference:
    told = {
        "payee": notice.payee,
        "amount": notice.amount,
        "due_on": notice.due_on,
        "reference": notice.reference,
    }
    changes = {
        name: {"old": None, "new": as_text(value, accounts)}
        for name, value in told.items()
        if value
    }
    kind = DifferenceKind.NEW_BILL
    return Difference(email, notice.source.item, kind, changes, notice=notice)


def _as_changed(
    email: Email, item: int, bill: Bill, new: dict[str, Any], accounts: Mapping[Any, str]
) -> Difference:
    changes = {
        name: {"old": as_text(getattr(bill, name), accounts), "new": as_text(value, accounts)}
        for name, value in new.items()
    }
    return Difference(email, item, DifferenceKind.CHANGED_BILL, changes, new, bill=bill)


def _gone(email: Email, item: int, bill: Bill) -> Difference:
    return Difference(email, item, DifferenceKind.GONE_BILL, {}, bill=bill)
