"""Where the money went: by category, merchant or account, beside the time before and the usual."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from finance.analytics.periods import Period
from finance.analytics.sums import By, Cell, Converter, Key, cells, converter, usual_cells
from finance.exchange.rates import ConvertedTotal
from finance.models import Category, FinancialAccount
from finance.money import Money
from finance.querysets import category_tree, home, today_of

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class Line:
    """What was spent on one thing, in the ledger's currency. A category's figures hold all below
    it; `parent` is its parent's key. `usual` is None while there is no history."""

    key: Key
    parent: Key
    label: str
    amount: Money
    before: Money
    usual: Money | None
    count: int

    @property
    def change(self) -> Money:
        return self.amount - self.before


@dataclass(frozen=True, slots=True)
class SpendingReport:
    period: Period
    compared: Period
    by: By
    lines: list[Line]
    total: ConvertedTotal
    before: ConvertedTotal
    usual: Money | None


def spending_report(
    period: Period, by: By = By.CATEGORY, account_id: uuid.UUID | None = None
) -> SpendingReport:
    """Largest first. The usual is the average of the twelve months before, or of as many as the
    ledger has, for a period of this length; what happens once is in no average."""
    tenant = home()
    now, compared, history = today_of(tenant), period.before(), period.history()
    windows = [cells(p, by, account_id) for p in (period, compared)]
    windows.append(usual_cells(history, by, account_id))
    known = converter(tenant.currency, now, (cell for window in windows for cell in window))
    share = _share(period, history, windows[2])
    parents = _parents() if by is By.CATEGORY else {}
    sums = [_by_key(window, known, parents) for window in windows]
    counts = Counter[Key]()
    for cell in windows[0]:
        counts.update(dict.fromkeys(_above(cell.key, parents), cell.count if cell.spent else 0))
    labels, nothing = _labels(by, sums[0].keys() | sums[1].keys()), Money(0, tenant.currency)
    lines = [
        Line(
            key=key,
            parent=parents.get(key),
            label=labels.get(key, ""),
            amount=sums[0].get(key, nothing),
            before=sums[1].get(key, nothing),
            usual=_part(sums[2].get(key, nothing), share),
            count=counts[key],
        )
        for key in labels
    ]
    totals = [known.total((cell.spent, cell.month) for cell in window) for window in windows]
    return SpendingReport(
        period, compared, by,
        sorted(lines, key=lambda line: (-line.amount.minor, line.label))[:MOST_LINES],
        totals[0], totals[1], _part(totals[2].total, share),
    )  # fmt: skip


def _share(period: Period, history: Period, past: Iterable[Cell]) -> Fraction | None:
    """The part of the history's sum that is usual for the period; the history begins with its
    first month that has anything. None without any."""
    first = min((cell.month for cell in past), default=None)
    return None if first is None else period.share_of(Period(first, history.until))


def _part(of: Money, share: Fraction | None) -> Money | None:
    return None if share is None else Money(round(of.minor * share), of.currency)


def _by_key(window: Iterable[Cell], known: Converter, parents: dict[Key, Key]) -> dict[Key, Money]:
    amounts: dict[Key, list[tuple[Money, date]]] = {}
    for cell in window:
        if cell.spent:
            for key in _above(cell.key, parents):
                amounts.setdefault(key, []).append((cell.spent, cell.month))
    return {key: known.total(some).total for key, some in amounts.items()}


def _above(key: Key, parents: dict[Key, Key]) -> list[Key]:
    """A key and all above it."""
    found = [key]
    while (key := parents.get(key)) is not None:
        found.append(key)
    return found


def _parents() -> dict[Key, Key]:
    return dict(Category.objects.values_list("pk", "parent_id"))


def _labels(by: By, keys: Iterable[Key]) -> dict[Key, str]:
    wanted = set(keys)
    if by is By.MERCHANT:
        return {key: str(key or "") for key in wanted}
    if by is By.ACCOUNT:
        accounts = FinancialAccount.objects.in_bulk([key for key in wanted if key is not None])
        return {pk: str(account) for pk, account in accounts.items()}
    labels: dict[Key, str] = {c.pk: c.label for c in category_tree() if c.pk in wanted}
    return labels | ({None: ""} if None in wanted else {})
