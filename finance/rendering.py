"""Rows of the ledger as the API's JSON. Plain functions over plain rows: lists of them are what
people wait for (a DRF serializer takes three times as long)."""

from __future__ import annotations

from typing import Any

from finance.exchange.rates import ConvertedTotal, Rate
from finance.models import Category, LedgerChange, ReviewItem
from finance.money import minor_text
from finance.querysets import Balance, Dashboard, Row, net_worth

Json = dict[str, Any]


def transaction_json(row: Row) -> Json:
    """From a row of `querysets.with_links`, of a list or in detail. Ids and days as texts: the
    encoder asks for each of its own accord, and takes three times as long."""
    currency, amount = row["currency"], row["amount_minor"]
    splits = [split_json(split, currency) for split in row["splits"]]
    original = row["original_minor"]
    body = {
        "id": str(row["id"]),
        "account": str(row["account_id"]),
        "account_name": row["account__name"],
        "state": row["state"],
        "booked_on": row["booked_on"].isoformat(),
        "occurred_at": row["occurred_at"],
        "amount": minor_text(amount, currency),
        "currency": currency,
        "direction": "out" if amount < 0 else "in",
        "original_amount": None if original is None else minor_text(
            original, row["original_currency"]),
        "original_currency": row["original_currency"],
        "merchant": row["merchant"],
        "merchant_raw": row["merchant_raw"],
        "description": row["description"],
        "event": row["event"],
        "is_one_time": row["is_one_time"],
        "tags": row["tags"],
        "category": splits[0]["category"] if len(splits) == 1 else None,
        "category_name": splits[0]["category_name"] if len(splits) == 1 else "",
        "splits": splits,
        "transfer": row["transfer"],
        "merged_into": row["merged_into_id"],
        "source": source_json(row),
        "version": row["version"],
    }  # fmt: skip
    for name in ("notes", "provenance", "locked", "created_at", "updated_at"):
        if name in row:
            body[name] = row[name]
    return body


def split_json(split: Row, currency: str) -> Json:
    return {
        "id": str(split["id"]),
        "amount": minor_text(split["amount_minor"], currency),
        "category": str(split["category_id"]) if split["category_id"] else None,
        "category_name": split["category"],
        "note": split["note"],
    }


def source_json(row: Row) -> Json | None:
    if not row["source_kind"]:
        return None
    return {"kind": row["source_kind"], "id": row["source_id"], "item": row["source_item"]}


def review_json(item: ReviewItem, transaction: Row | None) -> Json:
    return {
        "id": item.pk,
        "state": item.state,
        "reasons": item.reasons,
        "draft": item.draft,
        "source": source_json(vars(item)),
        "transaction": transaction_json(transaction) if transaction else None,
        "decided_by": item.decided_by,
        "decided_at": item.decided_at,
        "decision_note": item.decision_note,
        "snoozed_until": item.snoozed_until,
        "created_at": item.created_at,
    }


def account_json(entry: Balance) -> Json:
    account = entry.account
    return {
        "id": account.pk,
        "name": account.name,
        "kind": account.kind,
        "currency": account.currency,
        "institution": account.institution,
        "group": account.group,
        "last_digits": account.last_digits,
        "balance": str(entry.balance),
        "opening_balance": str(account.opening),
        "opening_on": account.opening_on,
        "origin": account.origin,
        "is_archived": account.is_archived,
        "created_at": account.created_at,
        "version": account.version,
    }


def category_json(category: Category) -> Json:
    return {
        "id": category.pk,
        "parent": category.parent_id,
        "kind": category.kind,
        "key": category.key,
        "name": category.label,
        "position": category.position,
        "is_archived": category.is_archived,
        "version": category.version,
    }


def change_json(change: LedgerChange) -> Json:
    return {
        "version": change.version,
        "verb": change.verb,
        "actor_kind": change.actor_kind,
        "actor": change.actor,
        "before": change.before,
        "after": change.after,
        "note": change.note,
        "at": change.at,
    }


def used_rate_json(rate: Rate) -> Json:
    return {
        "base": rate.base,
        "quote": rate.quote,
        "rate": rate.shown,
        "valid_on": rate.valid_on,
        "source": rate.source,
    }


def converted_total_json(found: ConvertedTotal) -> Json:
    return {
        "amount": str(found.total),
        "currency": found.total.currency,
        "rates": [used_rate_json(rate) for rate in found.rates],
        "left_out": [{"amount": str(m), "currency": m.currency} for m in found.left_out],
    }


def dashboard_json(board: Dashboard) -> Json:
    return {
        "month": f"{board.month:%Y-%m}",
        "balances": [
            {
                "account": entry.account.pk,
                "name": entry.account.name,
                "kind": entry.account.kind,
                "balance": str(entry.balance),
                "currency": entry.balance.currency,
            }
            for entry in board.balances
        ],
        "net_worth": [
            {"amount": str(money), "currency": money.currency}
            for money in net_worth(board.balances)
        ],
        "total": converted_total_json(board.total),
        "flows": [
            {
                "currency": flow.currency,
                "income": str(flow.income),
                "expense": str(flow.expense),
                "net": str(flow.net),
            }
            for flow in board.flows
        ],
        "spending": [
            {
                "category": entry.category_id,
                "parent": entry.parent_id,
                "name": entry.label,
                "amount": str(entry.amount),
                "currency": entry.amount.currency,
                "count": entry.count,
            }
            for entry in board.spending
        ],
        "open_reviews": board.open_reviews,
    }
