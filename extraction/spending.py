"""What models cost: prices by day, the month's spending, and whether one more call fits the cap."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext

from extraction.backends.base import Answer, Prompt
from extraction.models import LanguageModel, LLMTransaction, ModelPolicy, ModelPrice
from tenancy.models import Tenant

MILLION = 1_000_000
# Of the languages we meet the densest have about two characters in a token.
CHARACTERS_PER_TOKEN = 2


@dataclass(frozen=True, slots=True)
class Budget:
    """Why a call may not be made; "" when it may."""

    refusal: str
    price: ModelPrice | None = None


def price_on(model: LanguageModel, day: date) -> ModelPrice | None:
    found: ModelPrice | None = (
        ModelPrice.objects.filter(model=model, valid_from__lte=day).order_by("-valid_from").first()
    )
    return found


def cost_micros(price: ModelPrice, answer: Answer) -> int | None:
    """The cost of a call, exact to the token, rounded half up; None where usage is not known."""
    usage = answer.usage
    if usage.prompt is None or usage.completion is None:
        return None
    cached = min(usage.cached or 0, usage.prompt)
    total = (
        (usage.prompt - cached) * price.prompt
        + cached * price.cached
        + usage.completion * price.completion
    )
    return (2 * total + MILLION) // (2 * MILLION)


def estimate_micros(price: ModelPrice, prompt: Prompt) -> int:
    """The most that a call is likely to cost."""
    characters = len(prompt.instructions) + len(prompt.text) + len(str(prompt.schema))
    tokens = characters // CHARACTERS_PER_TOKEN
    total = tokens * price.prompt + prompt.max_tokens * price.completion
    return -(-total // MILLION)


def spent_micros(currency: str, tenant: Tenant, now: datetime | None = None) -> int:
    """In the calendar month of the tenant's zone."""
    begins = month_begins(tenant, now)
    rows = LLMTransaction.objects.filter(created_at__gte=begins, currency=currency)
    return int(rows.aggregate(total=Sum("cost_micros"))["total"] or 0)


def month_begins(tenant: Tenant, now: datetime | None = None) -> datetime:
    """The first moment of the calendar month in the tenant's zone, in UTC."""
    local = (now or timezone.now()).astimezone(zoneinfo.ZoneInfo(tenant.time_zone))
    return datetime.combine(local.date().replace(day=1), time(), local.tzinfo).astimezone(UTC)


def budget_for(model: LanguageModel, prompt: Prompt, tenant: Tenant) -> Budget:
    """Whether the tenant's policy leaves room for this call."""
    policy: ModelPolicy | None = ModelPolicy.objects.first()
    if policy is None:
        return Budget(gettext("Nobody has allowed models in this ledger yet."))
    price = price_on(model, timezone.now().date())
    if price is None:
        no_price = gettext("This model has no price: give it one first.")
        return Budget("" if policy.allows_unpriced else no_price)
    if price.currency != policy.currency:
        differ = gettext("The price is in %(price)s, the monthly cap in %(cap)s.")
        return Budget(differ % {"price": price.currency, "cap": policy.currency}, price)
    spent = spent_micros(policy.currency, tenant)
    if spent + estimate_micros(price, prompt) > policy.monthly_cap_micros:
        return Budget(gettext("This month’s cap for models is reached."), price)
    return Budget("", price)
