"""A line of a statement that a message has told already is joined where that is certain, and asked
about where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from finance import ledger
from finance.matching.deciding import accept as accept_match
from finance.models import (
    FinancialAccount,
    Match,
    MatchState,
    StatementLine,
    Transaction,
)
from finance.money import Money
from finance.querysets import balances
from finance.statements import importing
from finance.verification import verify_ledger
from tenancy.models import Tenant
from tests.finance.make import email_source, make_account, make_posted
from tests.finance.statements.test_importing import HEAD, apply, outcomes, posted, upload
from tests.running import run_due_jobs

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def giro(ledger: Tenant) -> FinancialAccount:
    return make_account("Giro", "EUR", number="4417")


def told(giro: FinancialAccount, merchant: str = "", **fields: Any) -> Transaction:
    """A message of 20 May tells of 20.00 EUR."""
    return make_posted(giro, "-20.00", merchant=merchant, source=email_source(), **fields)


def statement(giro: FinancialAccount, *lines: str) -> Any:
    """Lines as day of May and payee, each of 20.00 EUR."""
    rows = [f"2026-05-{line.partition(' ')[0]},{line.partition(' ')[2]},-20.00" for line in lines]
    return upload(HEAD + "".join(f"{row}\n" for row in rows), giro)


CERTAIN = {
    "the name agrees": ("Lidl", "20 LIDL SAGT DANKE"),
    "booked after a weekend": ("Lidl", "25 LIDL SAGT DANKE"),
    "in another zone": ("Lidl", "19 Lidl"),
    "the message names nobody": ("", "21 Lidl"),
    "the statement names nobody": ("Lidl", "21 "),
    "the names agree in part": ("Amazon Marketplace", "21 AMAZON EU SARL"),
}
# With what matching makes of the pair afterwards; None: it is too far apart even to ask.
DOUBTED = {
    "the name differs": ("Lidl", "20 Shell", MatchState.OPEN),
    "booked before": ("Lidl", "18 Lidl", MatchState.ACCEPTED),
    "long after": ("Lidl", "26 Lidl", None),
}


@pytest.mark.parametrize(("merchant", "line"), CERTAIN.values(), ids=CERTAIN)
def test_what_is_certain_is_joined(giro: FinancialAccount, merchant: str, line: str) -> None:
    message = told(giro, merchant)
    row = statement(giro, line)
    assert outcomes(row) == ["matched"]
    apply(row)
    assert posted().get() == message


@pytest.mark.parametrize(("merchant", "line", "later"), DOUBTED.values(), ids=DOUBTED)
def test_what_is_not_is_booked_and_left_to_matching(
    giro: FinancialAccount, merchant: str, line: str, later: MatchState | None
) -> None:
    told(giro, merchant)
    row = statement(giro, line)
    assert outcomes(row) == ["new"]
    apply(row)
    assert outcomes(row) == ["new"]
    assert list(Match.objects.values_list("state", flat=True)) == ([later] if later else [])
    assert posted().count() == (1 if later == MatchState.ACCEPTED else 2)


def test_whether_it_is_one_is_asked(giro: FinancialAccount) -> None:
    message = told(giro, "Lidl")
    apply(statement(giro, "21 KARTENZAHLUNG 4411"))
    question = Match.objects.get(state=MatchState.OPEN)
    line = StatementLine.objects.get()
    assert {question.first_id, question.second_id} == {message.pk, line.transaction_id}
    accept_match(question.pk)
    assert [b.balance.minor for b in balances()] == [-2000]


def test_another_purchase_of_that_amount_is_not_hidden(giro: FinancialAccount) -> None:
    """By amount and day alone the petrol would be taken for the groceries."""
    message = told(giro, "Lidl")
    row = statement(giro, "20 Shell", "22 LIDL SAGT DANKE")
    assert outcomes(row) == ["new", "matched"]
    apply(row)
    assert set(posted().values_list("merchant", flat=True)) == {"Lidl", "Shell"}
    assert row.lines.get(payee__startswith="LIDL").transaction_id == message.pk


def test_without_a_name_one_of_two_is_not_guessed(giro: FinancialAccount) -> None:
    told(giro)
    row = statement(giro, "20 Shell", "21 Lidl")
    assert outcomes(row) == ["new", "new"]
    apply(row)
    assert posted().count() == 3 and Match.objects.filter(state=MatchState.OPEN).exists()


def test_what_has_a_name_is_no_rival_of_what_has_none(giro: FinancialAccount) -> None:
    told(giro, "Lidl")
    unnamed = told(giro)
    row = statement(giro, "21 LIDL", "21 Shell")
    assert outcomes(row) == ["matched", "matched"]
    apply(row)
    unnamed.refresh_from_db()
    assert (unnamed.merchant, unnamed.provenance["merchant"]) == ("Shell", {"route": "statement"})


@pytest.mark.parametrize("corrected", ["", "Shell Nord"])
def test_a_name_goes_with_the_statement_that_gave_it(
    giro: FinancialAccount, corrected: str
) -> None:
    unnamed = told(giro)
    row = apply(statement(giro, "21 Shell"))
    if corrected:
        ledger.edit(unnamed.pk, {"merchant": corrected})
    importing.revert(row)
    run_due_jobs()
    unnamed.refresh_from_db()
    assert (unnamed.state, unnamed.merchant) == ("posted", corrected), "a person's word stays"
    assert corrected or ("merchant" not in unnamed.provenance and unnamed.merchant_raw == "")
    assert not any(verify_ledger().values())


def test_equal_purchases_are_joined_in_the_order_of_their_days(giro: FinancialAccount) -> None:
    first, second = told(giro, "Kiosk"), told(giro, "Kiosk")
    row = statement(giro, "20 Kiosk", "21 Kiosk", "22 Kiosk")
    assert outcomes(row) == ["matched", "matched", "new"]
    apply(row)
    assert {first, second} < set(posted()) and posted().count() == 3


def test_the_payee_may_stand_in_the_description(giro: FinancialAccount) -> None:
    told(giro, "Lidl")
    text = "Date,Payee,Description,Amount\n2026-05-21,VISA 4411,KARTENZAHLUNG LIDL 1204,-20.00\n"
    assert outcomes(upload(text, giro)) == ["matched"]


def test_what_was_voided_since_the_preview_is_new(giro: FinancialAccount) -> None:
    message = told(giro, "Lidl")
    row = statement(giro, "20 Lidl")
    ledger.void(message.pk)
    apply(row)
    assert outcomes(row) == ["new"]
    assert posted().get().source_kind == "statement"


def test_what_was_merged_since_the_preview_is_joined_where_it_went(giro: FinancialAccount) -> None:
    message, other = told(giro, "Lidl"), told(giro, "Lidl Dienstleistung")
    row = statement(giro, "20 Lidl")
    (joined,) = row.lines.values_list("transaction_id", flat=True)
    kept = ({message.pk, other.pk} - {joined}).pop()
    ledger.merge(kept, joined)
    apply(row)
    assert outcomes(row) == ["matched"]
    assert row.lines.get().transaction_id == kept and posted().get().pk == kept


def test_of_two_statements_at_once_one_joins(giro: FinancialAccount) -> None:
    told(giro, "Lidl")
    one, two = statement(giro, "20 Lidl"), statement(giro, "21 Lidl")
    assert outcomes(one) == outcomes(two) == ["matched"]
    apply(one)
    apply(two)
    assert (outcomes(one), outcomes(two)) == (["matched"], ["new"])
    assert posted().count() == 2


def test_whose_amount_was_changed_since_the_preview_is_new(giro: FinancialAccount) -> None:
    message = told(giro, "Lidl")
    row = statement(giro, "20 Lidl")
    ledger.edit(message.pk, {"amount": Money(-2100, "EUR")})
    apply(row)
    assert outcomes(row) == ["new"]
