"""What each page costs the server in a large ledger, from the request to the bytes of its answer.

    DATABASE_URL=… python -m benchmarks.pages [--rows 100000]

Through all middleware, signed in, templates loaded. Milliseconds are medians, taken in turns.
`bare` is a page that asks for nothing but who is signed in.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership, Role, User
from benchmarks.filling import RARE, ledger_of
from benchmarks.setting import analyze, make_schema, milliseconds, tell
from config.navigation import MAIN, SETTINGS
from finance.models import Category, FinancialAccount, Merchant, Transaction
from tenancy.models import Tenant
from tenancy.scope import tenant_scope

ROUNDS = 9
SERVER = "localhost"


def addresses() -> Iterator[tuple[str, str]]:
    """Every place of the navigation, and what people look at most behind them."""
    for group in (*MAIN, *SETTINGS):
        for place in group.places:
            yield place.address, reverse(place.address)
    for name in ("analytics_income", "analytics_worth", "analytics_coverage", "subscriptions"):
        yield name, reverse(name)
    category = Category.objects.get(key="groceries")
    yield "of_category", f"{reverse('transactions')}?category={category.pk}"
    yield "found_rarely", f"{reverse('transactions')}?search={RARE}"
    yield "found_by_amount", f"{reverse('transactions')}?search=54.12"
    rows = (
        ("account", FinancialAccount.objects.order_by("id")),
        ("transaction", Transaction.objects.order_by("-booked_on", "-id")),
        ("merchant", Merchant.objects.order_by("id")),
    )
    for name, found in rows:
        yield name, reverse(name, args=[found.first().pk])  # type: ignore[union-attr] # filled


def asking(client: Client, address: str) -> Callable[[], int]:
    def ask() -> int:
        answer = client.get(address, headers={"host": SERVER})
        assert answer.status_code == 200, (address, answer.status_code)
        return len(answer.content)

    return ask


def measure(client: Client, places: dict[str, str]) -> dict[str, dict[str, float]]:
    works = {name: asking(client, address) for name, address in places.items()}
    sizes, queries = {}, {}
    for name, work in works.items():
        with CaptureQueriesContext(connection) as asked:
            sizes[name] = work()
        queries[name] = len(asked)
    medians = milliseconds(ROUNDS, *works.values())
    return {
        name: {"ms": round(ms, 1), "queries": queries[name], "bytes": sizes[name]}
        for name, ms in zip(works, medians, strict=True)
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    settings.ALLOWED_HOSTS = [SERVER]
    make_schema()
    user = User.objects.create_user("bench@example.org", "a long password for nobody")
    started = time.perf_counter()
    tenant: Tenant = ledger_of(rows)
    seconds = round(time.perf_counter() - started, 1)
    analyze()
    client = Client()
    client.force_login(user)
    with tenant_scope(tenant.pk):
        role = Role.objects.create(key="admin", name="Admin", is_built_in=True)
        Membership.objects.create(user=user, role=role)
        places = {"bare": reverse("settings_password")} | dict(addresses())
    found = measure(client, places)
    slowest = max(found, key=lambda name: found[name]["ms"])
    tell(
        {
            "database": connection.vendor, "rows": rows, "fill_seconds": seconds,
            "slowest": {slowest: found[slowest]["ms"]}, "pages": found,
        }
    )  # fmt: skip


if __name__ == "__main__":
    main()
