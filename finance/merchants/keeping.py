"""Adding, renaming, joining and parting merchants, and learning how they are written.

What is renamed or joined changes the transactions, so each leaves edit batches, which undo it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import Any, Final

from django.db.models import QuerySet
from django.utils.translation import gettext

from finance.errors import LedgerError, NotInLedger
from finance.ledger.batches import MOST, edit_many, undo
from finance.ledger.changes import Changes
from finance.ledger.movements import clean_text
from finance.ledger.naming import keep_names, kept, key_of, reads_like
from finance.ledger.writing import change, locked, writing
from finance.models import (
    Merchant,
    MerchantAlias,
    Recurring,
    Rule,
    Subscription,
    Transaction,
    TransactionState,
)
from finance.searching import containing
from tenancy.wording import worded

FACTS: Final = ("default_category", "website", "sender_domain")
DOMAIN: Final = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def add_merchant(name: str, **facts: Any) -> Merchant:
    """A merchant before its first transaction. Raises LedgerError."""
    with writing():
        row = Merchant(name=_free(name))
        row.key = key_of(row.name)
        _set(row, facts)
        row.save(force_insert=True)
    return row


def change_merchant(merchant_id: uuid.UUID, **facts: Any) -> Merchant:
    """Change what is known of it: `name` and FACTS. Another name goes to all its transactions, and
    the old one becomes an alias. Raises NotInLedger, LedgerError."""
    with writing():
        row = locked(Merchant, merchant_id)
        _refuse_merged(row)
        name = facts.pop("name", row.name)
        _set(row, facts)
        row.save()
        if clean_text(name, 200) != row.name:
            _rename(row, name)
    return row


def merge_merchants(merchant_id: uuid.UUID, into_id: uuid.UUID) -> Merchant:
    """All transactions of the first become the second's, and so will what is written like it.
    `part_merchant` takes it back. Returns the one that stays. Raises NotInLedger, LedgerError."""
    if merchant_id == into_id:
        raise LedgerError(
            gettext("A merchant cannot be joined with itself."), code="same_merchant", field="into"
        )
    with writing():
        row, into = locked(Merchant, merchant_id), locked(Merchant, into_id)
        _refuse_merged(row)
        _refuse_merged(into)
        title = gettext("Merchant: %(old)s → %(new)s") % {"old": row.name, "new": into.name}
        batches = _name_all(row.name, into.name, title)
        _name_elsewhere(row.name, into.name)
        row.merged_into, row.merge_batches = into, batches
        row.save(update_fields=["merged_into", "merge_batches"])
    return into


def part_merchant(merchant_id: uuid.UUID) -> Merchant:
    """Take back a merge: its transactions get its name again, but for those that somebody has
    changed since. Of one that is not merged, nothing happens. Raises NotInLedger."""
    with writing():
        row = locked(Merchant, merchant_id)
        if row.merged_into_id is None:
            return row
        for batch in row.merge_batches:
            undo(uuid.UUID(batch))
        row.merged_into, row.merge_batches = None, []
        row.save(update_fields=["merged_into", "merge_batches"])
    return row


# --- Aliases --------------------------------------------------------------------------------------


def written_like(text: str) -> QuerySet[Transaction]:
    """The transactions that were written like a text, in their messages or, without one, by their
    name. Void ones are left out."""
    key = reads_like(clean_text(text, 300))
    rows = Transaction.objects.exclude(state=TransactionState.VOID)
    if not key:
        return rows.none()
    # The longest word finds few enough to compare each: without accents it may not be in the text.
    longest = max((word for word in re.findall(r"\w+", text.lower())
                   if reads_like(word) in key.split()), key=len, default="")  # fmt: skip
    found = containing(rows, longest) if longest else rows
    texts = found.values_list("pk", "merchant", "merchant_raw")
    alike = [pk for pk, name, raw in texts if reads_like(raw or name) == key]
    return rows.filter(pk__in=alike[:MOST])


def learn_alias(merchant_id: uuid.UUID, text: str, *, apply: bool = False) -> MerchantAlias:
    """What is written like the text is this merchant's from now on; with `apply`, what is in the
    ledger already as well, as one edit batch. An alias of another merchant moves. Raises
    NotInLedger, LedgerError."""
    text = clean_text(text, 300)
    key = reads_like(text)
    if not key:
        raise LedgerError(gettext("Say how the merchant is written."), code="no_text", field="text")
    with writing():
        row = locked(Merchant, merchant_id)
        _refuse_merged(row)
        alias: MerchantAlias
        alias, _ = MerchantAlias.objects.update_or_create(
            key=key, defaults={"merchant": row, "text": text}
        )
        if apply:
            title = gettext("Merchant: %(old)s → %(new)s") % {"old": text, "new": row.name}
            _name(written_like(text).exclude(merchant=row.name), row.name, title)
    return alias


def forget_alias(merchant_id: uuid.UUID, alias_id: uuid.UUID) -> None:
    """What it has named stays as it is. Raises NotInLedger."""
    with writing():
        alias = locked(MerchantAlias, alias_id)
        if alias.merchant_id != merchant_id:
            raise NotInLedger(
                worded(
                    "%(merchant_id)s has no alias %(alias_id)s.",
                    merchant_id=merchant_id,
                    alias_id=alias_id,
                )
            )
        alias.delete()


def merchant_named(name: str) -> Merchant:
    """The merchant of a transaction's name, made where there is none. Raises LedgerError."""
    cleaned = _clean(name)
    with writing():
        found: Merchant | None = Merchant.objects.filter(name=cleaned).first()
        if found is None:
            keep_names([cleaned])
            found = Merchant.objects.get(name=cleaned)
    return kept(found)


# --- Inside ---------------------------------------------------------------------------------------


def _rename(row: Merchant, name: str) -> None:
    old, row.name = row.name, _free(name, row)
    row.key = key_of(row.name)
    row.save(update_fields=["name", "key"])
    # A name is no alias of itself; the old one is.
    MerchantAlias.objects.filter(merchant=row, key=reads_like(row.name)).delete()
    if reads_like(old) != reads_like(row.name):
        MerchantAlias.objects.get_or_create(
            key=reads_like(old), defaults={"merchant": row, "text": old}
        )
    _name_all(old, row.name, gettext("Merchant: %(old)s → %(new)s") % {"old": old, "new": row.name})
    _name_elsewhere(old, row.name)


def _name_all(old: str, new: str, title: str) -> list[str]:
    rows = Transaction.objects.filter(merchant=old).exclude(state=TransactionState.VOID)
    return _name(rows, new, title)


def _name(rows: QuerySet[Transaction], name: str, title: str) -> list[str]:
    """Give transactions a merchant's name; returns the edit batches."""
    ids, batches = list(rows.values_list("pk", flat=True)), []
    for start in range(0, len(ids), MOST):
        changes = Changes(merchant=name)
        some = ids[start : start + MOST]
        edited = edit_many(dict.fromkeys(some, changes), title)
        if edited.batch is not None:
            batches.append(str(edited.batch.pk))
    return batches


def _name_elsewhere(old: str, new: str) -> None:
    """What is to come carries the new name too: rules, recurring transactions, subscriptions."""
    Rule.objects.filter(merchant=old).update(merchant=new)
    for template in Recurring.objects.select_for_update(no_key=True).filter(merchant=old):
        change(template, "change", {"merchant": new})
    for subscription in Subscription.objects.select_for_update(no_key=True).filter(name=old):
        change(subscription, "change", {"name": new})


def _set(row: Merchant, facts: dict[str, Any]) -> None:
    unknown = facts.keys() - set(FACTS)
    if unknown:
        raise LedgerError(
            worded("A merchant has no %(field)s.", field=min(unknown)), code="unknown_field"
        )
    for name, value in facts.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    row.sender_domain = row.sender_domain.lower().removeprefix("@")
    if row.sender_domain and not DOMAIN.fullmatch(row.sender_domain):
        raise LedgerError(
            gettext("Give the domain alone, as in shop.example."), code="invalid_domain",
            field="sender_domain",
        )  # fmt: skip


def _clean(name: str) -> str:
    cleaned = " ".join(clean_text(name, 200).split())
    if not cleaned:
        raise LedgerError(gettext("A merchant needs a name."), code="blank", field="name")
    return cleaned


def _free(name: str, of: Merchant | None = None) -> str:
    cleaned = _clean(name)
    others: Iterable[Merchant] = Merchant.objects.filter(name=cleaned)
    if any(other.pk != (of.pk if of else None) for other in others):
        raise LedgerError(
            gettext("There is a merchant “%(name)s” already: join the two.") % {"name": cleaned},
            code="name_taken", field="name",
        )  # fmt: skip
    return cleaned


def _refuse_merged(row: Merchant) -> None:
    if row.merged_into is not None:
        raise LedgerError(
            gettext("“%(name)s” has been joined with “%(into)s”: part them first.")
            % {"name": row.name, "into": row.merged_into.name},
            code="merged",
        )
