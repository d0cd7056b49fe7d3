"""The balances that messages tell beside their movements."""

from __future__ import annotations

from collections.abc import Sequence

from extraction.booking import Action, Plan
from extraction.opening import STATING_KINDS
from finance.models import FinancialAccount
from finance.reconciling.stating import Stated


def stated_after(plans: Sequence[Plan]) -> list[Stated]:
    """Of the plans that book themselves: what awaits a person may be forged. Cards are left out,
    as for opening balances."""
    telling = [p for p in plans if p.action == Action.POST and p.movement and p.balance_after]
    ids = {p.movement.account_id for p in telling if p.movement}
    stating = set(
        FinancialAccount.objects.filter(pk__in=ids, kind__in=STATING_KINDS).values_list(
            "pk", flat=True
        )
        if ids
        else ()
    )
    return [
        Stated(p.movement.account_id, p.movement.booked_on, p.balance_after, p.told_at, p.source)
        for p in telling
        if p.movement and p.balance_after and p.told_at and p.movement.account_id in stating
    ]
