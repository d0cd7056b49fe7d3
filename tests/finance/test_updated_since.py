"""Lists of what has changed since a time, voided and archived rows among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rest_framework.test import APIClient

from finance.accounts import change_account
from finance.ledger import edit, merge, void
from finance.models import FinancialAccount, LedgerChange
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.make import make_member


def test_what_changed_since_is_listed_with_what_was_voided(
    ledger: Tenant, giro: FinancialAccount
) -> None:
    api = APIClient()
    api.force_login(make_member(ledger))
    old, changed, voided, kept, merged = (make_posted(giro, "-10") for _ in range(5))
    quiet = make_account("Quiet")
    long_ago = datetime.now(UTC) - timedelta(days=9)
    # The trail is append-only: what lies in the past is told apart by its ids.
    before = set(LedgerChange.objects.values_list("pk", flat=True))
    edit(changed.pk, {"notes": "x"})
    void(voided.pk, "mistake")
    merge(kept.pk, merged.pk)
    change_account(giro.pk, {"is_archived": True})
    after = LedgerChange.objects.exclude(pk__in=before)

    def listed(what: str, since: datetime) -> dict[str, dict[str, object]]:
        rows = api.get(f"/api/v1/{what}", {"updated_since": since.isoformat()}).json()["data"]
        return {row["id"]: row for row in rows}

    assert len(listed("transactions", long_ago)) == 5
    assert not listed("transactions", datetime.now(UTC) + timedelta(days=1))
    shown = listed("transactions", min(c.at for c in after) - timedelta(milliseconds=1))
    assert {str(changed.pk), str(voided.pk), str(merged.pk)} <= shown.keys()
    everything = listed("transactions", long_ago)
    assert everything[str(voided.pk)]["state"] == "void"
    assert everything[str(merged.pk)]["merged_into"] == str(kept.pk)
    assert everything[str(old.pk)]["version"] == 1
    accounts = listed("accounts", long_ago)
    assert accounts[str(giro.pk)]["is_archived"] is True
    assert str(quiet.pk) in accounts
    for what in ("categories", "review-items", "recurring", "exchange-rates"):
        assert (
            api.get(f"/api/v1/{what}", {"updated_since": long_ago.isoformat()}).status_code == 200
        )
    assert api.get("/api/v1/transactions", {"updated_since": "yesterday"}).status_code == 400
