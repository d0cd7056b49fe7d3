"""Statements from the upload to the ledger and back, by the API and as the jobs do it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.exports.entries import Period
from finance.exports.writing import export
from finance.models import (
    FinancialAccount,
    ReviewItem,
    StatedBalance,
    StatementImport,
    StatementLine,
    Transaction,
    TransactionState,
)
from finance.querysets import balances
from finance.statements import importing
from finance.statements.files import path_of
from finance.verification import verify_ledger
from notifications.models import Notification
from tenancy.models import Tenant
from tests.finance.make import email_source, make_account, make_posted, make_proposed
from tests.finance.statements.samples import OFX, SWIFT
from tests.make import make_member
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)

HEAD = "Date,Payee,Amount\n"
TWO = f"{HEAD}2026-05-05,Kiosk,-2.00\n2026-05-06,ACME payroll,1204.10\n"


@pytest.fixture
def giro(ledger: Tenant) -> FinancialAccount:
    return make_account("Giro", "EUR", number="4417")


def upload(text: str | bytes, account: FinancialAccount | None, name: str = "may.csv") -> Any:
    data = text if isinstance(text, bytes) else text.encode()
    row = importing.upload(data, name, account=account)
    run_due_jobs()
    row.refresh_from_db()
    return row


def apply(row: StatementImport) -> StatementImport:
    importing.apply(row)
    run_due_jobs()
    row.refresh_from_db()
    assert not any(verify_ledger().values())
    return row


def outcomes(row: StatementImport) -> list[str]:
    return list(row.lines.order_by("row").values_list("outcome", flat=True))


def posted() -> Any:
    return Transaction.objects.filter(state=TransactionState.POSTED)


def test_nothing_is_booked_before_it_is_applied_and_again_books_nothing(
    giro: FinancialAccount,
) -> None:
    row = upload(TWO, giro)
    assert (row.state, outcomes(row)) == ("ready", ["new", "new"])
    assert not Transaction.objects.exists()
    assert apply(row).state == "applied"
    assert sorted(map(str, (t.amount for t in posted()))) == ["-2.00", "1204.10"]
    assert not path_of(row.pk).exists(), "the file is not kept longer than it is needed"
    again = upload(TWO, giro)
    assert outcomes(again) == ["known", "known"]
    apply(again)
    assert posted().count() == 2


def test_the_same_file_is_new_again_where_it_has_been_taken_back(giro: FinancialAccount) -> None:
    first = apply(upload(TWO, giro))
    known = upload(TWO, giro)
    assert outcomes(known) == ["known", "known"]
    assert list(known.lines.order_by("row").values_list("row", "payee", "transaction")) == list(
        first.lines.order_by("row").values_list("row", "payee", "transaction")
    )
    importing.revert(first)
    run_due_jobs()
    assert outcomes(upload(TWO, giro)) == ["new", "new"]


def test_the_same_file_is_new_to_another_account_and_by_other_columns(
    giro: FinancialAccount,
) -> None:
    text = "Date,Payee,Purpose,Amount\n2026-05-05,Kiosk,Paper,-2.00\n2026-05-06,,Wage,9.00\n"
    apply(upload(text, giro))
    assert outcomes(upload(text, make_account("Other", "EUR"))) == ["new", "new"]
    again = upload(text, giro)
    assert outcomes(again) == ["known", "known"]
    columns = {"date": "Date", "payee": "Purpose", "amount": "Amount"}
    importing.choose(again, mapping=columns)
    run_due_jobs()
    assert outcomes(again) == ["new", "new"], "a person says that the file says something else"


def test_the_same_file_with_a_row_that_cannot_be_read_says_so_again(
    giro: FinancialAccount,
) -> None:
    text = f"{TWO}someday,Kiosk,-1.00\n"
    problem = apply(upload(text, giro)).lines.get(outcome="refused").problem
    again = upload(text, giro)
    assert outcomes(again) == ["known", "known", "refused"]
    assert again.lines.get(outcome="refused").problem == problem


def test_a_longer_statement_adds_only_what_is_new(giro: FinancialAccount) -> None:
    apply(upload(f"{HEAD}2026-05-05,Kiosk,-2.00\n", giro))
    longer = upload(f"{HEAD}2026-05-05,Kiosk,-2.00\n2026-05-05,KIOSK ,-2.00\n", giro)
    assert outcomes(longer) == ["known", "new"]
    apply(longer)
    assert posted().count() == 2, "two equal purchases on one day stay two"


def test_what_a_message_has_told_is_joined_and_its_question_answered(
    giro: FinancialAccount,
) -> None:
    booked = make_posted(giro, "-2.00", merchant="Kiosk am Platz", source=email_source())
    make_proposed(giro, "1204.10", merchant="Acme", source=email_source())
    row = upload(TWO.replace("2026-05-05", "2026-05-22").replace("2026-05-06", "2026-05-20"), giro)
    assert outcomes(row) == ["matched", "matched"]
    apply(row)
    assert posted().count() == 2
    assert ReviewItem.objects.get().state == "accepted"
    booked.refresh_from_db()
    assert booked.merchant == "Kiosk am Platz", "what the message told stays"


def test_each_message_serves_for_one_line(giro: FinancialAccount) -> None:
    make_posted(giro, "-2.00", merchant="Kiosk", source=email_source())
    row = upload(f"{HEAD}2026-05-20,Kiosk,-2.00\n2026-05-21,Kiosk,-2.00\n", giro)
    assert sorted(outcomes(row)) == ["matched", "new"]
    apply(row)
    assert posted().count() == 2


def test_what_lies_too_far_apart_is_another_purchase(giro: FinancialAccount) -> None:
    make_posted(giro, "-2.00", source=email_source())
    assert outcomes(upload(f"{HEAD}2026-05-26,Kiosk,-2.00\n", giro)) == ["new"]


def test_an_import_can_be_taken_back_and_made_again(giro: FinancialAccount) -> None:
    told = make_posted(giro, "-2.00", merchant="Kiosk", source=email_source())
    row = apply(upload(TWO.replace("05-05", "05-20"), giro))
    importing.revert(row)
    run_due_jobs()
    row.refresh_from_db()
    assert row.state == "reverted"
    assert list(posted()) == [told], "what a message told is not the statement's to take"
    apply(upload(TWO.replace("05-05", "05-20"), giro))
    assert posted().count() == 2
    assert not any(verify_ledger().values())


def test_that_it_was_booked_is_told_until_it_is_taken_back(giro: FinancialAccount) -> None:
    make_member(giro.tenant)
    row = apply(upload(TWO, giro))
    rows = Notification.objects.filter(kind="statement_booked", cancelled_at=None)
    (notice,) = rows
    assert notice.link == f"/statements/{row.pk}/"
    assert notice.facts == {
        "name": row.name, "new": 2, "matched": 0, "known": 0, "unreadable": 0,
    }  # fmt: skip
    importing.revert(row)
    run_due_jobs()
    assert not rows.all().exists()


def test_the_account_is_found_by_its_number_and_its_balance_is_kept(
    giro: FinancialAccount,
) -> None:
    row = upload(SWIFT[0].data, None, "may.sta")
    assert (row.account_id, row.format) == (giro.pk, "mt940")
    apply(row)
    stated = StatedBalance.objects.get()
    assert (stated.amount_minor, str(stated.stated_on)) == (248750, "2026-05-31")


def test_rows_that_cannot_be_read_are_told_and_the_others_come(giro: FinancialAccount) -> None:
    row = upload(OFX[0].data, None, "may.ofx")
    assert outcomes(row).count("refused") == 1
    assert "soon" in row.lines.get(outcome="refused").problem
    apply(row)
    assert posted().count() == 2


def test_another_currency_is_refused_line_by_line(giro: FinancialAccount) -> None:
    row = upload("Date,Payee,Amount,Currency\n2026-05-05,A,-1,USD\n2026-05-05,B,-1,EUR\n", giro)
    assert outcomes(row) == ["refused", "new"]
    assert "USD" in row.lines.get(outcome="refused").problem


def test_columns_can_be_said_and_are_remembered(giro: FinancialAccount) -> None:
    unnamed = upload("When,Who,How much\n2026-05-05,Kiosk,-2.00\n", giro)
    assert (unnamed.lines.get().payee, unnamed.lines.get().amount_minor) == ("Kiosk", -200)
    text = "Date,Who,Amount,Total\n2026-05-05,Kiosk,-2.00,-9\n"
    row = upload(text, giro)
    assert row.lines.get().payee == ""
    importing.choose(row, mapping={"date": "Date", "payee": "Who", "amount": "Total"})
    run_due_jobs()
    row.refresh_from_db()
    assert (row.lines.get().payee, row.lines.get().amount_minor) == ("Kiosk", -900)
    apply(row)
    following = upload(text.replace("05-05", "05-06"), None)
    assert (following.account_id, following.lines.get().amount_minor) == (giro.pk, -900)


def test_our_own_export_comes_back_the_same(giro: FinancialAccount, stranger: Tenant) -> None:
    for number in range(30):
        make_posted(giro, f"-{number + 1}.50", merchant=f"Shop {number % 3}", description="x")
    data = b"".join(export("jsonl", Period()))
    other = make_account("Copy", "EUR")
    apply(upload(data, other, "all.jsonl"))
    held = {held.account.pk: held.balance for held in balances()}
    assert held[giro.pk] == held[other.pk]
    again = upload(data, other, "all.jsonl")
    assert set(outcomes(again)) == {"known"}


def test_what_cannot_be_done_now_is_said(giro: FinancialAccount) -> None:
    row = upload(TWO, None)
    with pytest.raises(importing.LedgerError, match="Choose the account"):
        importing.apply(row)
    with pytest.raises(importing.WrongState, match="cannot be done now"):
        importing.revert(row)
    with pytest.raises(importing.LedgerError, match="spreadsheet"):
        importing.upload(b"PK\x03\x04", "may.xlsx")
    with pytest.raises(importing.LedgerError, match="no part"):
        importing.choose(row, mapping={"colour": "Date"})
    importing.discard(row)
    assert not StatementLine.objects.exists()
    assert not path_of(row.pk).exists()


def test_the_api_uploads_shows_applies_and_takes_back(giro: FinancialAccount) -> None:
    member = make_member(Tenant.objects.get(pk=giro.tenant_id))
    api = APIClient(headers={"Authorization": f"Bearer {start_session(member).access}"})
    file = SimpleUploadedFile("may.csv", TWO.encode())
    answer = api.post(
        "/api/v1/imports", {"file": file, "account": str(giro.pk)}, format="multipart"
    )
    assert answer.status_code == 202, answer.content
    url = f"/api/v1/imports/{answer.json()['id']}"
    run_due_jobs()
    assert api.get(url).json()["counts"]["new"] == 2
    lines = api.get("/api/v1/import-lines", {"statement": answer.json()["id"]}).json()["data"]
    assert [line["amount"] for line in lines] == ["-2.00", "1204.10"]
    for verb, state in (("apply", "applied"), ("revert", "reverted")):
        assert api.post(f"{url}/{verb}").status_code == 202
        run_due_jobs()
        assert api.get(url).json()["state"] == state
    refused = api.post(f"{url}/revert")
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert api.delete(url).status_code == 204


def test_the_command_says_what_is_wrong(ledger: Tenant, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot read"):
        call_command("import_statement", tmp_path / "none.csv", tenant=str(ledger.pk))
    path = tmp_path / "may.csv"
    path.write_text(TWO)
    with pytest.raises(CommandError, match="No account is called"):
        call_command("import_statement", path, tenant=str(ledger.pk), account="Nope")
    out = io.StringIO()
    with pytest.raises(CommandError, match="no tenant"):
        call_command("import_statement", path, tenant="nobody", stdout=out)
