"""Proof that the ledger is what its transactions say: every derived figure against a full scan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db.models import Count, F, Max, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, TruncMonth

from finance.models import (
    CategoryKind,
    FinancialAccount,
    LedgerChange,
    Merchant,
    MonthlyTotal,
    Split,
    Transaction,
    TransactionState,
    Transfer,
)
from finance.querysets import balances

Faults = Iterator[str]


def verify_ledger() -> dict[str, list[str]]:
    """The faults of the active tenant's ledger by check, in words; every list is empty when all
    is well."""
    return {name: list(check()) for name, check in CHECKS.items()}


def totals_equal_scan() -> Faults:
    """Monthly totals = a full scan of the posted splits."""
    key = ("account_id", "category_id", "month", "currency")
    scanned = {
        tuple(row[name] for name in key): (int(row["total"]), int(row["inflow"]), row["splits"])
        for row in Split.objects.filter(transaction__state=TransactionState.POSTED)
        .annotate(month=TruncMonth("transaction__booked_on"))
        .values(
            "category_id", "month", account_id=F("transaction__account_id"),
            currency=F("transaction__currency"),
        )
        .annotate(
            total=Sum("amount_minor"),
            inflow=Sum(Greatest("amount_minor", Value(0))),
            splits=Count("pk"),
        )
        .order_by()
    }  # fmt: skip
    kept = {
        tuple(row[name] for name in key): (row["total_minor"], row["inflow_minor"], row["count"])
        for row in MonthlyTotal.objects.values(*key, "total_minor", "inflow_minor", "count")
        if row["count"] or row["total_minor"] or row["inflow_minor"]
    }
    for place in sorted(scanned.keys() | kept.keys(), key=str):
        if scanned.get(place) != kept.get(place):
            named = ", ".join(str(part) for part in place)
            yield f"{named}: kept {kept.get(place)}, scanned {scanned.get(place)}"


def balances_equal_sums() -> Faults:
    """Balances = opening balance + the splits of posted transactions."""
    moved = dict(
        Split.objects.filter(transaction__state=TransactionState.POSTED)
        .values_list("transaction__account_id")
        .annotate(moved=Sum("amount_minor"))
        .order_by()
    )
    for entry in balances():
        expected = entry.account.opening_minor + int(moved.get(entry.account.pk, 0))
        if entry.balance.minor != expected:
            yield f"{entry.account.pk}: shown {entry.balance.minor}, sums to {expected}"


def splits_sum() -> Faults:
    """Splits of each transaction sum to its amount."""
    shares = (
        Split.objects.filter(transaction=OuterRef("pk"))
        .order_by()
        .values("transaction")
        .annotate(sum=Sum("amount_minor"))
        .values("sum")
    )
    wrong = Transaction.objects.annotate(shares=Coalesce(Subquery(shares), Value(0)))
    for pk, amount, shared in wrong.exclude(shares=F("amount_minor")).values_list(
        "pk", "amount_minor", "shares"
    ):
        yield f"{pk}: amount {amount}, splits {shared}"


def transfers_pair() -> Faults:
    """Transfers link an outflow to an inflow of another account, neither income nor expense."""
    paired = Q(
        ~Q(outflow__account=F("inflow__account")),
        ~Q(outflow__state=TransactionState.VOID),
        ~Q(inflow__state=TransactionState.VOID),
        outflow__amount_minor__lt=0,
        inflow__amount_minor__gt=0,
    )
    equal = ~Q(outflow__currency=F("inflow__currency")) | Q(
        outflow__amount_minor=-F("inflow__amount_minor")
    )
    for pk in Transfer.objects.exclude(paired & equal).values_list("pk", flat=True):
        yield f"{pk}: its legs are not a pair"
    seen: set[Any] = set()
    for pair in Transfer.objects.values_list("outflow_id", "inflow_id"):
        for leg in pair:
            if leg in seen:
                yield f"{leg}: a leg of two transfers"
            seen.add(leg)
    counted = Split.objects.filter(
        Q(transaction__transfer_out__isnull=False) | Q(transaction__transfer_in__isnull=False)
    ).exclude(category__kind=CategoryKind.TRANSFER)
    for pk in counted.values_list("transaction_id", flat=True):
        yield f"{pk}: a leg of a transfer that counts as income or expense"


def currencies_agree() -> Faults:
    """Transactions are in their account's currency."""
    wrong = Transaction.objects.exclude(currency=F("account__currency"))
    for pk in wrong.values_list("pk", flat=True):
        yield f"{pk}: not in its account's currency"


def changes_are_on_the_trail() -> Faults:
    """Every version of every transaction and account is on the audit trail, once."""
    trail = {
        subject: (last, count)
        for subject, last, count in LedgerChange.objects.values_list("subject_id")
        .annotate(last=Max("version"), count=Count("pk"))
        .order_by()
    }
    for model in (Transaction, FinancialAccount):
        for pk, version in model.objects.values_list("pk", "version").iterator(chunk_size=5000):
            if trail.get(pk) != (version, version):
                yield f"{pk}: version {version}, on the trail {trail.get(pk)}"


def merged_are_void() -> Faults:
    """A transaction that was merged into another is void."""
    wrong = Transaction.objects.filter(merged_into__isnull=False).exclude(
        state=TransactionState.VOID
    )
    for pk in wrong.values_list("pk", flat=True):
        yield f"{pk}: merged, but not void"


def merchants_are_known() -> Faults:
    """Each name of a transaction is a merchant's that stands by itself."""
    standing = Merchant.objects.filter(merged_into=None).values("name")
    named = Transaction.objects.exclude(merchant="").exclude(state=TransactionState.VOID)
    for name in named.exclude(merchant__in=standing).order_by().values_list(
        "merchant", flat=True
    ).distinct():  # fmt: skip
        yield f"{name}: no merchant of this name"


CHECKS: Final[dict[str, Callable[[], Faults]]] = {
    "monthly totals = full scan": totals_equal_scan,
    "balances = opening + sum": balances_equal_sums,
    "splits sum to their transaction": splits_sum,
    "transfers pair": transfers_pair,
    "transactions in their account's currency": currencies_agree,
    "every change on the audit trail": changes_are_on_the_trail,
    "transactions name known merchants": merchants_are_known,
    "merged transactions are void": merged_are_void,
}
