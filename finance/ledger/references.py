"""Rows that movements name, looked up for a whole batch at once."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from finance.default_categories import EVENT_CATEGORIES
from finance.errors import LedgerError, UnknownReference
from finance.ledger.movements import Movement, Part, check_amount, check_date, check_parts
from finance.models import Category, FinancialAccount, Tag
from finance.money import Money
from tenancy.wording import worded


class References:
    """The accounts and categories that a batch of movements names, and what they allow."""

    def __init__(
        self, account_ids: Iterable[uuid.UUID], category_ids: Iterable[uuid.UUID | None] = ()
    ) -> None:
        self.accounts: dict[uuid.UUID, FinancialAccount] = {
            a.pk: a for a in FinancialAccount.objects.filter(pk__in=set(account_ids))
        }
        wanted = {pk for pk in category_ids if pk is not None}
        self.categories: dict[uuid.UUID, Category] = (
            {c.pk: c for c in Category.objects.filter(pk__in=wanted)} if wanted else {}
        )
        self._by_key: dict[str, uuid.UUID] | None = None

    @classmethod
    def of(cls, movements: Iterable[Movement]) -> References:
        movements = list(movements)
        named = [m.category_id for m in movements]
        named += [part.category_id for m in movements for part in m.parts]
        return cls((m.account_id for m in movements), named)

    def account(self, pk: uuid.UUID) -> FinancialAccount:
        """An account that may be written to. Raises UnknownReference, LedgerError."""
        account = self.accounts.get(pk)
        if account is None:
            raise UnknownReference(worded("There is no account %(pk)s.", pk=pk), field="account")
        if account.is_archived:
            raise LedgerError(
                worded(
                    "The account “%(name)s” is closed. Reopen it, or choose another.",
                    name=account.name,
                ),
                code="account_closed",
                field="account",
            )
        return account

    def check_category(self, pk: uuid.UUID | None) -> None:
        """Raises UnknownReference, LedgerError."""
        if pk is None:
            return
        category = self.categories.get(pk)
        if category is None:
            raise UnknownReference(worded("There is no category %(pk)s.", pk=pk), field="category")
        if category.is_archived:
            raise LedgerError(
                worded(
                    "The category “%(label)s” is archived. Choose another.", label=category.label
                ),
                code="category_archived",
                field="category",
            )

    def check(self, movement: Movement) -> None:
        """Raises LedgerError and its kin for a movement that cannot be booked."""
        check_amount(movement.amount)
        check_date(movement.booked_on)
        check_currency(self.account(movement.account_id), movement.amount)
        self.check_category(movement.category_id)
        if movement.parts:
            check_parts(movement.parts, movement.amount)
            for part in movement.parts:
                self.check_category(part.category_id)

    def parts(self, movement: Movement) -> tuple[Part, ...]:
        """The movement's splits. Without any, one of the whole amount in its category; the
        category that its event implies when none is named."""
        if movement.parts:
            return movement.parts
        category_id = movement.category_id or self.by_key(EVENT_CATEGORIES.get(movement.event, ""))
        return (Part(movement.amount, category_id),)

    def by_key(self, key: str) -> uuid.UUID | None:
        """The default category with this key; None where the tenant has it no longer."""
        if not key:
            return None
        if self._by_key is None:
            self._by_key = dict(
                Category.objects.exclude(key="").filter(is_archived=False).values_list("key", "pk")
            )
        return self._by_key.get(key)


def check_tags(pks: Iterable[uuid.UUID]) -> None:
    """Raises UnknownReference."""
    wanted = set(pks)
    if wanted:
        unknown = wanted - set(Tag.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        if unknown:
            raise UnknownReference(
                worded("There is no tag %(field)s.", field=min(unknown)), field="tags"
            )


def check_currency(account: FinancialAccount, amount: Money) -> None:
    if amount.currency != account.currency:
        raise LedgerError(
            worded(
                "“%(name)s” is kept in %(currency)s, not %(other)s. Give the amount in"
                " %(currency)s, and the other as the original amount.",
                name=account.name,
                currency=account.currency,
                other=amount.currency,
            ),
            code="currency_mismatch",
            field="currency",
        )
