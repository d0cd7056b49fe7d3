"""Our own messages (messages/own.jsonl), and the traps that must never be booked."""

from __future__ import annotations

from pathlib import Path

import pytest

from extraction.evaluation import evaluate
from extraction.reading import Direction, Event, Reason, Verdict, would_book
from tests.extraction.reading_help import only_candidate, read

OWN = Path(__file__).parent / "messages" / "own.jsonl"

NEVER_BOOKED = {
    Event.ONE_TIME_CODE: "482910 is the OTP to pay INR 999.00 at BIG SHOP with card XX7781.",
    Event.DECLINED: "Your payment of $20.00 at SHOP with card ending 1234 was declined.",
    Event.SCHEDULED: "Rs 500.00 will be debited from your a/c XX1234 on 10-05-26.",
    Event.STATEMENT: "Your card statement is ready. Total amount due: $50.00.",
    Event.PROMOTION: "You are pre-approved for a loan up to $5,000. Apply now!",
    Event.NOTICE: "Your card ending 1234 has been activated.",
}


def test_our_own_messages_are_read_right() -> None:
    report = evaluate(OWN).report()["overall"]
    assert report["detection"] == {"precision": 1.0, "recall": 1.0}
    assert report["autobook"]["right"] == 1.0
    fields = report["fields"]
    for name in ("amount", "currency", "direction", "account_last4", "balance", "reference"):
        assert fields[name]["exact"] >= 0.99, name
    assert fields["date"]["exact"] >= 0.98
    assert fields["merchant"]["exact"] >= 0.95


@pytest.mark.parametrize("event", NEVER_BOOKED)
def test_what_is_never_booked(event: Event) -> None:
    reading = read(NEVER_BOOKED[event])
    assert (reading.verdict, reading.event) == (Verdict.NOT_BOOKED, event)
    assert not any(would_book(candidate) for candidate in reading.candidates)


def test_a_footer_declines_nothing() -> None:
    candidate = only_candidate(
        "You spent £12.00 at SHOP with card ending 1234. If this was not you, or it was declined,"
        " call us. Never share your one-time passcode."
    )
    assert candidate.event is Event.PURCHASE
    assert would_book(candidate)


def test_a_future_refund_is_not_money_in() -> None:
    assert read("Your refund of Rs 500 will be credited to your account XX1234.").event is (
        Event.SCHEDULED
    )


def test_a_card_payment_is_seen_from_its_account() -> None:
    received = only_candidate("Payment of Rs 500 was received on your credit card XX1234.")
    paid = only_candidate("You paid your credit card bill of Rs 500 from a/c XX1234.")
    assert (received.event, received.direction) == (Event.CARD_PAYMENT, Direction.CREDIT)
    assert (paid.event, paid.direction) == (Event.CARD_PAYMENT, Direction.DEBIT)


def test_two_amounts_wait_for_a_person() -> None:
    candidate = only_candidate("Your card ending 1234 was charged. $12.00 or $15.00 at SHOP.")
    assert Reason.TWO_AMOUNTS in candidate.reasons
    assert not would_book(candidate)


def test_the_amount_of_the_account_is_the_amount() -> None:
    candidate = only_candidate(
        "Your card ending 1234 was charged USD 20.00 (AED 73.46) at SHOP. Balance: AED 900.00"
    )
    assert candidate.amount is not None
    assert candidate.original_amount is not None
    assert candidate.amount.value.currency == "AED"
    assert candidate.original_amount.value.currency == "USD"


def test_an_amount_may_stand_only_in_the_subject() -> None:
    candidate = only_candidate("See the app for details.", subject="You spent €12.50 at Bakery")
    assert candidate.amount is not None
    assert str(candidate.amount.value) == "12.50"


def test_what_says_nothing_of_money_is_not_financial() -> None:
    assert read("Hello Ann, shall we meet on Friday at 10:30?").verdict is Verdict.NOT_FINANCIAL


# A biller that thanks for the money: it went out, whatever due dates and bills are named beside it.
THANKS = [
    "We received $198.27 on 01/04/2026 for account 87691484. Your remaining balance is $0.00.",
    "Hemos recibido su pago de 42,00 € de la factura 8812. ¡Gracias!",
    "Otrzymaliśmy Twoją płatność 42,00 zł za fakturę 8812. Dziękujemy!",
    "Vi har mottagit din betalning på 420 kr för faktura 8812. Tack!",
    "wir haben Ihre Zahlung über 84,00 € am 20.07.2026 erhalten. Vielen Dank!",
]


@pytest.mark.parametrize("text", THANKS)
def test_a_biller_that_thanks_was_paid(text: str) -> None:
    candidate = only_candidate(text)
    assert (candidate.event, candidate.direction) == (Event.PURCHASE, Direction.DEBIT)


@pytest.mark.parametrize(
    ("sign", "direction"), [("+", Direction.CREDIT), ("-", Direction.DEBIT), ("", Direction.DEBIT)]
)
def test_a_sign_that_speaks_against_the_words_is_asked_about(
    sign: str, direction: Direction
) -> None:
    text = f"Umsatz auf Konto 4410\nBetrag: {sign}1.200,00 EUR\nNeuer Kontostand: 2.012,40 EUR"
    candidate = only_candidate(text)
    assert candidate.direction is direction
    assert would_book(candidate) is (sign != "+")


def test_money_that_is_held_back_has_not_come() -> None:
    text = "We placed a hold on your deposit of $1,200.00 to account ending 0091. Ref 81223344"
    reading = read(text)
    assert reading.event is Event.NOTICE and not reading.candidates


# What a message says -> the last digits of the reader's own account.
OWN_ACCOUNTS = {
    "حوالة داخلية واردة\nمبلغ:SAR 1200\nالى:9910\nمن:4402\nفي:26-5-8 14:10": "9910",
    "حوالة داخلية صادرة\nمبلغ:SAR 1200\nالى:9910\nمن:4402\nفي:26-5-8 14:10": "4402",
    "Direct debit of $89.95 to GYM came out of your Everyday Saver (7719).": "7719",
    "*165*S*5000 RWF transferred to ANN B from 36512004 at 2026-05-07 12:40:10": None,
}


@pytest.mark.parametrize("text", OWN_ACCOUNTS)
def test_which_account_is_the_readers_own(text: str) -> None:
    hint = only_candidate(text).account_hint
    assert (hint.value if hint else None) == OWN_ACCOUNTS[text]


def test_the_currency_speaks_for_a_language_in_foreign_letters() -> None:
    text = "Pokupka 45.20 BGN s karta *4471 v SHOP na 08.05.2026. Nalichnost 812.10 BGN"
    balance = only_candidate(text).balance
    assert balance is not None and str(balance.value) == "812.10"


def test_dollars_are_dated_by_the_day_first_in_spanish() -> None:
    text = "Realizaste una transferencia por $ 120.00 a ANA B desde tu cuenta **1234 el 06/05/2026"
    day = only_candidate(text).occurred_on
    assert day is not None and day.value.isoformat() == "2026-05-06"


def test_what_comes_from_somebody_is_money_in_whatever_the_words() -> None:
    text = "**7781 zzqq TZS 150,000.00 tarehe 05/05/2026 kutoka ASHA. Salio: TZS 162,300.00"
    candidate = only_candidate(text)
    assert candidate.direction is Direction.CREDIT
    assert Reason.WEAK_EVENT in candidate.reasons and not would_book(candidate)


def test_a_bill_that_is_named_because_it_was_paid_is_not_due() -> None:
    candidate = only_candidate("Pagamento da fatura de R$ 1.412,90 recebido. Cartão final 7712.")
    assert (candidate.event, candidate.direction) == (Event.CARD_PAYMENT, Direction.CREDIT)


def test_cashback_beside_a_payment_is_not_what_happened() -> None:
    candidate = only_candidate("Rs 199 paid to SHOP from wallet. Cashback Rs 4 received. Txn: KX92")
    assert (candidate.direction, str(candidate.amount and candidate.amount.value)) == (
        Direction.DEBIT,
        "199.00",
    )


def test_the_nearest_word_says_what_a_date_is() -> None:
    text = "Przelew wych. 250,00 PLN z konta *7712 do JAN KOT dn. 07.05.2026. Saldo 1.404,11 PLN"
    candidate = only_candidate(text)
    assert candidate.due_date is None
    assert candidate.occurred_on is not None
    assert candidate.occurred_on.value.isoformat() == "2026-05-07"


def test_a_card_bill_that_is_debited_is_money_out() -> None:
    candidate = only_candidate(
        "Rs.15,000.00 is debited from A/c XXXX7781 for BillPay/Credit Card payment via NetBanking."
    )
    assert (candidate.event, candidate.direction) == (Event.CARD_PAYMENT, Direction.DEBIT)


@pytest.mark.parametrize(("mark", "direction"), [("CR", Direction.CREDIT), ("DR", Direction.DEBIT)])
def test_the_way_may_be_written_behind_the_amount_without_a_space(
    mark: str, direction: Direction
) -> None:
    candidate = only_candidate(f"A/C: 607***1122\nAmt: NGN80,000.00{mark}\nBal: NGN81,022.00")
    assert candidate.direction is direction
    assert would_book(candidate)


def test_a_short_notice_with_a_name_is_asked_about() -> None:
    reading = read("£18.22 at Blue Kettle", subject="Blue Kettle")
    assert reading.verdict is Verdict.TRANSACTION
    assert not any(would_book(candidate) for candidate in reading.candidates)


@pytest.mark.parametrize(
    "text",
    [
        "Payment received R1,500.00 for invoice 12, credited to your account 3310.",
        "R2,000.00 withdrawn from your pocket has been credited to account 3310.",
    ],
)
def test_money_out_that_was_credited_is_asked_about(text: str) -> None:
    assert not any(
        would_book(candidate) and candidate.direction is Direction.DEBIT
        for candidate in read(text).candidates
    )


@pytest.mark.parametrize(
    "text",
    [
        "Payment of QAR 1,500 to your credit card **7712 received.",
        "Your bill payment of QAR 1,500 against Example card **7712 has been received.",
        "Thank you for paying QAR 1,500 towards your credit card **7712.",
    ],
)
def test_a_payment_to_ones_card_is_no_purchase(text: str) -> None:
    candidate = only_candidate(text)
    assert (candidate.event, candidate.direction) == (Event.CARD_PAYMENT, Direction.CREDIT)
