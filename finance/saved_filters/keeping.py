"""Saving, changing, ordering and using filters. One sees one's own and those of everybody."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max, Q, QuerySet
from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.forms import TransactionFilterForm
from finance.ledger.movements import clean_text
from finance.models import SavedFilter, Transaction
from tenancy.scope import current_actor
from tenancy.wording import worded

MOST = 100


def seen() -> QuerySet[SavedFilter]:
    """Those that the one who acts may see."""
    mine = Q(owner=None) | Q(owner=current_actor().user_id)
    rows: QuerySet[SavedFilter] = SavedFilter.objects.filter(mine)
    return rows.order_by("position", "id")


def save_filter(
    row: SavedFilter,
    *,
    name: str | None = None,
    fields: Mapping[str, Any] | None = None,
    is_shared: bool | None = None,
) -> SavedFilter:
    """Add a filter behind the others, or change one. Raises LedgerError: without a name, for
    fields that the form refuses, for ones that narrow nothing."""
    is_new = row._state.adding
    if is_shared is not None or is_new:
        row.owner_id = None if is_shared else current_actor().user_id
    if fields is not None or is_new:
        row.fields = checked(fields or {})
    if name is not None or is_new:
        row.name = " ".join(clean_text(name or "", 1_000).split())[:60]
    if not row.name:
        raise LedgerError(gettext("Give the filter a name."), code="blank", field="name")
    others = list(seen().exclude(pk=row.pk).values_list("name", flat=True))
    if row.name.casefold() in {other.casefold() for other in others}:
        raise LedgerError(
            gettext("There is a filter “%(name)s” already.") % {"name": row.name},
            code="name_taken", field="name",
        )  # fmt: skip
    if is_new:
        if len(others) >= MOST:
            raise LedgerError(gettext("That is enough filters. Remove some."), code="too_many")
        last = SavedFilter.objects.aggregate(last=Max("position"))["last"]
        row.position = 0 if last is None else last + 1
    row.save()
    return row


def checked(fields: Mapping[str, Any]) -> dict[str, str]:
    """The fields that narrow the list, as texts. Raises LedgerError."""
    form = TransactionFilterForm(dict(fields))
    unknown = fields.keys() - form.fields.keys()
    if unknown:
        raise LedgerError(
            worded(
                "A filter has no %(field)s: it has %(known)s.",
                field=min(unknown),
                known=", ".join(form.fields),
            ),
            code="unknown_field",
            field="fields",
        )
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        raise LedgerError(f"{name}: {errors[0]}", code="invalid_filter", field="fields")
    kept = {name: str(value) for name, value in fields.items() if value not in (None, "")}
    if not kept:
        raise LedgerError(
            gettext("Narrow the list first: this would show everything."),
            code="no_filter", field="fields",
        )  # fmt: skip
    return kept


def order_filters(ids: Sequence[uuid.UUID]) -> None:
    """The filters in a new order; those not named come behind. Raises LedgerError."""
    with transaction.atomic():
        rows = {row.pk: row for row in seen().select_for_update()}
        unknown = [pk for pk in ids if pk not in rows]
        if unknown:
            raise LedgerError(
                worded("There is no filter %(id)s.", id=unknown[0]), code="unknown_filter"
            )
        ordered = [rows.pop(pk) for pk in dict.fromkeys(ids)] + list(rows.values())
        for position, row in enumerate(ordered):
            row.position = position
        SavedFilter.objects.bulk_update(ordered, ["position"])


def found_by(row: SavedFilter) -> QuerySet[Transaction]:
    """The transactions that it finds now. Raises LedgerError where its account or category is gone,
    or its query is understood no more."""
    checked(row.fields)
    form = TransactionFilterForm(row.fields)
    form.is_valid()
    return form.matching()


def filter_named(name: str) -> SavedFilter:
    """One that is seen, by its name in whatever case. Raises LedgerError."""
    rows = {row.name.casefold(): row for row in seen()}
    row = rows.get(name.strip().casefold())
    if row is None:
        known = ", ".join(each.name for each in rows.values()) or "–"
        raise LedgerError(
            gettext("There is no filter “%(name)s”. Known: %(known)s")
            % {"name": name, "known": known},
            code="unknown_filter",
        )
    return row
