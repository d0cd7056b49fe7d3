"""The pages of import and export, as a person uses them."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Role
from finance.models import FinancialAccount, StatementImport, Transaction, TransactionState
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.pages import member
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "When,Who,Amount,Total\n2026-05-05,Kiosk,-2.00,-9\n2026-05-xx,Broken,-1,-1\n"


@pytest.fixture
def giro(ledger: Tenant) -> FinancialAccount:
    return make_account("Giro", "EUR", number="4417")


def send(browser: Client, data: bytes, **fields: Any) -> Any:
    file = SimpleUploadedFile("may.csv", data)
    return browser.post("/statements/upload/", {"file": file, **fields})


def test_a_file_comes_in_with_a_preview_and_can_be_taken_back(
    giro: FinancialAccount, ledger: Tenant
) -> None:
    browser = member(ledger)
    url = send(browser, TEXT.encode(), account=giro.pk)["Location"]
    run_due_jobs()
    html = browser.get(url).content.decode()
    for words in ("Waits for you", "Kiosk", "Rows that cannot be read", "Book 1 line", "2.00"):
        assert words in html
    chosen = {"account": giro.pk, "part_date": "When", "part_payee": "Who", "part_amount": "Total"}
    assert browser.post(f"{url}choose/", chosen).status_code == 302
    run_due_jobs()
    assert "9.00" in browser.get(url).content.decode()
    browser.post(f"{url}decide/", {"verb": "apply"})
    run_due_jobs()
    assert Transaction.objects.get().state == TransactionState.POSTED
    assert "Take it back" in browser.get(url).content.decode()
    browser.post(f"{url}decide/", {"verb": "revert"})
    run_due_jobs()
    assert Transaction.objects.get().state == TransactionState.VOID
    browser.post(f"{url}decide/", {"verb": "discard"})
    assert not StatementImport.objects.exists()


def test_what_is_no_statement_and_wrong_columns_are_told(
    giro: FinancialAccount, ledger: Tenant
) -> None:
    browser = member(ledger)
    wrong = send(browser, b"%PDF-1.7")
    assert (wrong.status_code, "PDF file" in wrong.content.decode()) == (422, True)
    url = send(browser, TEXT.encode(), account=giro.pk)["Location"]
    run_due_jobs()
    browser.post(f"{url}choose/", {"account": giro.pk, "part_payee": "Who"})
    run_due_jobs()
    assert "Say which column holds the" in browser.get(url).content.decode()


def test_the_ledger_goes_out_as_a_file(giro: FinancialAccount, ledger: Tenant) -> None:
    browser = member(ledger)
    make_posted(giro)
    answer = browser.get("/statements/export/", {"type": "hledger"})
    assert b"Corner shop" in answer.getvalue()
    assert answer["Content-Disposition"].endswith('.journal"')
    wrong = browser.get(
        "/statements/export/", {"type": "csv", "since": "2026-05-02", "until": "2026-05-01"}
    )
    assert (wrong.status_code, "after the last" in wrong.content.decode()) == (422, True)


def test_who_may_only_read_sees_and_changes_nothing(
    giro: FinancialAccount, ledger: Tenant, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        StatementImport.objects.create(name=f"{number}.csv", format="csv", sha256="0" * 64)
    Role.objects.create(key="narrow", name="Narrow", permissions=["transactions:read"])
    browser = member(ledger, "narrow", email="narrow@example.org")
    with django_assert_max_num_queries(14):
        html = browser.get("/statements/").content.decode()
    assert "Import a statement" not in html
    assert send(browser, TEXT.encode()).status_code == 403
