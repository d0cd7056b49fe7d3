"""What is found to belong together, what is done by itself, and what is remembered."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from finance import ledger, review
from finance.errors import LedgerError
from finance.exchange.keeping import set_rate
from finance.ledger import Source, draft_of
from finance.matching import deciding
from finance.matching.finding import Found, find_matches, match_new
from finance.models import FinancialAccount, Match, ReviewItem, Transaction, Transfer
from finance.money import Money
from finance.querysets import balances, flows, history, month_totals, spending
from finance.verification import verify_ledger
from tests.finance.make import category, email_source, make_account, make_posted, make_proposed

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 20)
STATED = {"merchant": "CORNER SHOP 12", "booked_on": DAY + timedelta(days=2)}


def stated(account: FinancialAccount, number: int = 1, **fields: object) -> Transaction:
    values = STATED | {"source": Source("statement", str(number))} | fields
    return make_posted(account, **values)


def find(*rows: Transaction) -> Found:
    return find_matches([row.pk for row in rows])


def the_match() -> Match:
    match: Match = Match.objects.get()
    return match


def test_a_certain_pair_is_merged_and_says_why(giro: FinancialAccount) -> None:
    alert, line = make_posted(giro, source=email_source()), stated(giro)
    assert find(alert) == Found(1, 1)
    match = the_match()
    assert (match.state, match.decided_by) == ("accepted", "matching")
    assert [reason["code"] for reason in match.reasons] == [
        "same_amount", "same_account", "days_apart", "merchant_alike",
    ]  # fmt: skip
    alert.refresh_from_db()
    assert alert.merged_into_id == line.pk
    assert balances()[0].balance == Money(-1234, "EUR")


def test_two_real_equal_purchases_on_one_day_stay_two(giro: FinancialAccount) -> None:
    alerts = [make_posted(giro, source=email_source()) for _ in range(2)]
    lines = [stated(giro, number) for number in range(2)]
    found = find(*alerts, *lines)
    assert found.carried_out == 0 and found.pairs == 4
    assert Transaction.objects.filter(state="posted").count() == 4
    one = Match.objects.filter(first=lines[0].pk).order_by("id")[0]
    deciding.accept(one.pk)
    assert Transaction.objects.filter(state="posted").count() == 3


def test_a_rejected_pair_is_never_proposed_again_and_can_be_reopened(
    giro: FinancialAccount,
) -> None:
    alert, line = make_posted(giro, source=email_source()), stated(giro)
    find(alert)
    deciding.reject(the_match().pk)
    alert.refresh_from_db()
    assert (alert.state, alert.merged_into_id) == ("posted", None)
    assert find(alert, line) == Found(0, 0) and match_new(None) == 0
    deciding.reopen(the_match().pk)
    assert the_match().state == "open"
    deciding.accept(the_match().pk)
    assert balances()[0].balance == Money(-1234, "EUR")
    trail = history(the_match().pk).values_list("verb", flat=True)
    assert list(trail)[::-1] == ["ask", "accept", "reject", "reopen", "accept"]


def test_a_part_by_hand_is_remembered(giro: FinancialAccount) -> None:
    keep, drop = make_posted(giro, source=email_source()), stated(giro)
    ledger.merge(keep.pk, drop.pk)
    deciding.part(drop.pk)
    assert the_match().state == "rejected"
    assert find(keep, drop) == Found(0, 0)


def test_a_hold_and_its_posting_become_one(giro: FinancialAccount) -> None:
    hold = make_proposed(giro, event="hold", source=email_source(), reasons=("hold",))
    posting = make_posted(giro, source=email_source(), booked_on=DAY + timedelta(days=3))
    assert find(posting) == Found(1, 1)
    assert (the_match().first_id, the_match().second_id) == (posting.pk, hold.pk)
    assert ReviewItem.objects.get(transaction=hold).state == "dismissed"


def test_a_question_without_account_goes_into_the_transaction_it_tells_of(
    giro: FinancialAccount,
) -> None:
    alert = make_posted(giro, merchant="", source=Source("api", "1"))
    draft = draft_of(
        amount=Money(-1234, "EUR"), booked_on=DAY, merchant="Corner shop", description="NW-1"
    )
    item = review.ask(email_source(), draft, ["unknown_account"])
    assert item is not None
    assert find_matches([], [item.pk]) == Found(1, 0)
    match = the_match()
    assert (match.first_id, match.item_id) == (alert.pk, item.pk)
    deciding.accept(match.pk)
    alert.refresh_from_db()
    assert (alert.merchant, alert.description) == ("Corner shop", "NW-1")
    assert ReviewItem.objects.get(pk=item.pk).state == "dismissed"
    deciding.reject(match.pk)
    alert.refresh_from_db()
    assert (alert.merchant, alert.description) == ("", "")
    assert ReviewItem.objects.get(pk=item.pk).state == "open"


def test_legs_are_paired_when_certain_and_a_card_bill_is_no_expense(
    giro: FinancialAccount,
) -> None:
    card = make_account("Visa", kind="credit_card")
    paid = make_posted(giro, "-300", merchant="Visa", category_id=category("household").pk,
                       source=email_source())  # fmt: skip
    came = make_posted(card, "300", event="card_payment", merchant="Payment received",
                       booked_on=DAY + timedelta(days=1), source=email_source())  # fmt: skip
    assert find(came) == Found(1, 1)
    link = Transfer.objects.get()
    assert (link.outflow_id, link.inflow_id) == (paid.pk, came.pk)
    assert [flow.expense.minor for flow in flows(month_totals(DAY))] in ([], [0])
    deciding.unlink(link.pk)
    assert find(came, paid) == Found(0, 0)
    assert spending(month_totals(DAY))[0].category_id == category("household").pk
    assert not any(verify_ledger().values())


def test_legs_that_only_agree_in_amount_are_asked_about(giro: FinancialAccount) -> None:
    savings = make_account("Savings")
    sent = make_posted(giro, "-50", merchant="", source=email_source())
    make_posted(savings, "50", merchant="", source=email_source())
    assert find(sent) == Found(1, 0)
    assert the_match().kind == "transfer" and not Transfer.objects.exists()


def test_legs_in_two_currencies_are_paired_by_the_days_rate(giro: FinancialAccount) -> None:
    dollars = make_account("Dollars", currency="USD")
    set_rate("EUR", "USD", Decimal("1.10"), DAY)
    sent = make_posted(giro, "-100", event="transfer_out", merchant="", source=email_source())
    got = make_posted(dollars, "109.50", event="transfer_in", merchant="", source=email_source())
    far = make_posted(dollars, "90", event="transfer_in", merchant="", source=email_source())
    assert find(got, far) == Found(1, 1)
    link = Transfer.objects.get()
    assert (link.outflow_id, link.inflow_id) == (sent.pk, got.pk)
    assert not any(verify_ledger().values())


def test_a_refund_lessens_what_its_purchase_counts_for(giro: FinancialAccount) -> None:
    food = category("groceries")
    bought = make_posted(giro, "-30", category_id=food.pk, source=email_source())
    back = make_posted(giro, "30", event="refund", booked_on=DAY + timedelta(days=4),
                       source=email_source())  # fmt: skip
    assert find(back) == Found(1, 1)
    assert (the_match().kind, the_match().first_id, the_match().second_id) == (
        "refund", bought.pk, back.pk,
    )  # fmt: skip
    assert spending(month_totals(DAY)) == []
    deciding.reject(the_match().pk)
    assert spending(month_totals(DAY))[0].amount == Money(3000, "EUR")


def test_one_purchase_is_refunded_once(giro: FinancialAccount) -> None:
    bought = make_posted(giro, "-30", source=email_source())
    first = make_posted(giro, "30", event="refund", source=email_source())
    find(first)
    assert the_match().first_id == bought.pk
    second = make_posted(giro, "30", event="refund", source=email_source(),
                         booked_on=DAY + timedelta(days=20))  # fmt: skip
    assert find(second) == Found(0, 0)


def test_a_purchase_is_paid_back_in_parts_up_to_what_it_cost(giro: FinancialAccount) -> None:
    bought = make_posted(giro, "-30", source=email_source())
    parts = [
        make_posted(giro, amount, event="refund", booked_on=DAY + timedelta(days=day),
                    source=email_source())
        for day, amount in enumerate(("12", "10", "9", "8"), 1)
    ]  # fmt: skip
    proposed = []
    for part in parts:
        find(part)
        match = Match.objects.filter(first=bought.pk, second=part.pk).first()
        proposed.append(match is not None)
        if match is not None and match.state == "open":
            deciding.accept(match.pk)
    assert proposed == [True, True, False, True], "9 is more than the 8 that are left"
    assert find(*parts) == Found(0, 0)


def test_a_second_look_at_the_same_rows_finds_nothing_more(giro: FinancialAccount) -> None:
    """A hold's posting is certain; of its many likely rivals only some are asked about."""
    alerts = [
        make_posted(giro, merchant="", booked_on=DAY + timedelta(days=day % 2),
                    source=email_source())
        for day in range(5)
    ]  # fmt: skip
    lines = [stated(giro, number, booked_on=DAY) for number in range(4)]
    rows = [*alerts, *lines]
    first = find(*rows)
    assert first.pairs > 0
    assert find(*rows) == Found(0, 0)


def test_what_was_carried_out_leaves_no_place_to_another(giro: FinancialAccount) -> None:
    reference = {"description": "REF-2231", "source": email_source()}
    alert = make_posted(giro, **reference)
    certain = stated(giro, 1, booked_on=DAY, description="REF-2231")
    rivals = [
        stated(giro, number, booked_on=DAY + timedelta(days=number), merchant="Kiosk")
        for number in range(2, 6)
    ]
    first = find(alert, certain, *rivals)
    assert first.carried_out == 1
    deciding.reject(Match.objects.get(state="accepted").pk)
    assert find(alert, certain, *rivals).pairs == 0


def test_a_refused_decision_changes_nothing(giro: FinancialAccount) -> None:
    alert = make_posted(giro, source=email_source())
    line = stated(giro, merchant="Another name", booked_on=DAY)
    assert find(alert) == Found(1, 0)
    ledger.void(line.pk)
    with pytest.raises(LedgerError):
        deciding.accept(the_match().pk)
    assert the_match().state == "open"


def test_queries_do_not_grow_with_the_batch(giro: FinancialAccount) -> None:
    few = [make_posted(giro, f"-{n}.00") for n in range(1, 4)]
    many = [make_posted(giro, f"-{n}.50") for n in range(1, 41)]
    with CaptureQueriesContext(connection) as small:
        find(*few)
    with CaptureQueriesContext(connection) as large:
        find(*many)
    assert len(large) == len(small) <= 45
