"""Who the other side is, in the ways that banks, shops and statements write it."""

from __future__ import annotations

import pytest

from extraction.reading import Event, Reason, would_book
from tests.extraction.reading_help import only_candidate

# What a message says -> (as written, the name).
WRITTEN = {
    "Acct: *4410\nAmt: NGN5,400.00 DR\nDesc: POS PURCHASE SHOP LAGOS\nDate: 05-May-2026": (
        "POS PURCHASE SHOP LAGOS",
        "SHOP LAGOS",
    ),
    "You spent $20.00 at RAZ*CORNERSHOP with card ending 1234": ("RAZ*CORNERSHOP", "CORNERSHOP"),
    "You spent $20.00 at UBER *TRIP with card ending 1234": ("UBER *TRIP", "UBER"),
    "You paid $20.00 to Payment Solutions from account 1234": ("Payment Solutions",) * 2,
    "Na konto *8812 wpłynęło 5 400,00 PLN. Nadawca: MEBLE SP. Z O.O. Tytuł: Pensja": (
        "MEBLE SP. Z O.O.",
        "MEBLE SP. Z O.O",
    ),
    "Credited to Your A/c: XX9999 Amount: INR 12,345.00 Sent by: Mr ANN B Sender Bank IFSC: A01": (
        "Mr ANN B",
        "Mr ANN B",
    ),
    "Spent\nCard no. XX9646\nINR 95\n02-07-26 20:31:00\nNayana N\nAvl Lmt INR 413940.4": (
        "Nayana N",
        "Nayana N",
    ),
    "💸 Ngozi A paid you £536.03": ("Ngozi A", "Ngozi A"),
    "Has recibido un Bizum de 15,00 EUR de Lucía G. M. Concepto: cine": (
        "Lucía G. M.",
        "Lucía G. M",
    ),
    "振込依頼人:カ)ヤマダシヨウジ\n入金額:250,000円\n口座:普通 ***4471": ("カ)ヤマダシヨウジ",) * 2,
    "[Web발신]\n05/08 09:00\n110-***-442219\n입금 1,500,000\n잔액 1,812,400\n(주)한빛상사": (
        "(주)한빛상사",
        "(주)한빛상사",
    ),
    "Dan Lee paid you $32.50": ("Dan Lee", "Dan Lee"),
    "412.50UAH Продукти: KRAM-5, KYIV\n4*19 20:14\nБал. 6120.11UAH": ("KRAM-5", "KRAM-5"),
    "🍔 Five Fields £14.35\nYou've spent £31.20 today. Balance £402.18": (
        "🍔 Five Fields",
        "Five Fields",
    ),
    "Rs. 8,000 sent to A/C *7731 ANN KHAN on 06/05/26. Fee Rs.0. TID 110299388": ("ANN KHAN",) * 2,
    "−1 250 ₽ Перевод Дмитрий К. Остаток 8 410,12 ₽": ("Дмитрий К.", "Дмитрий К"),
    "Bonifico di 300,00 EUR a favore di ANNA BIANCHI inviato il 07/05/2026 dal conto *7712": (
        "ANNA BIANCHI",
        "ANNA BIANCHI",
    ),
    "You spent $20.00 at CASA do PAO with card ending 1234": ("CASA do PAO",) * 2,
    # A wallet's number where there is no name.
    "You have received Tk 1,500.00 from 01711000333. Balance Tk 2,018.33": ("01711000333",) * 2,
    "お振込入金 2026/05/01 カ)ミズウミショウジ 250,000円 残高 1,204,330円": ("カ)ミズウミショウジ",)
    * 2,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_name_as_written_and_its_name(text: str) -> None:
    candidate = only_candidate(text)
    assert candidate.merchant_raw is not None and candidate.merchant is not None
    assert (candidate.merchant_raw.value, candidate.merchant.value) == WRITTEN[text]


def test_a_receipt_names_the_shop_that_sent_it() -> None:
    text = "Leeds to York, 6 May 2026\nTickets £14.60\nFee £0.75\nTotal paid £15.35 by Visa 0093"
    subject = "Your Railhop booking"
    sent = only_candidate(text, subject=subject, sender_name="Railhop")
    assert sent.merchant is not None and sent.merchant.value == "Railhop"
    # A name that the message does not repeat has no evidence.
    unnamed = only_candidate(text, subject="Your booking", sender_name="Railhop")
    assert unnamed.merchant is None or unnamed.merchant.value != "Railhop"


# Where nobody is named, what the money was for; never the bank's own website.
PURPOSES = {
    "Rs.180,000.00 is debited from A/c XX5733 for NEFT transaction via Example Bank NetBanking": (
        "NEFT transaction"
    ),
    "Dear Customer, your account XX508 has been credited with Rs 208.42 on 03-Sep-26 as reversal"
    " of transaction with UPI: 224679541058.": "reversal of transaction",
    "Your A/C ending with 9515 has been debited for INR 147.50 on 21-06-26 towards annual card"
    " charges for your Debit Card": "annual card charges",
    "A payment of $20.00 was made from account 1234. Thank you for your payment": None,
}


@pytest.mark.parametrize("text", PURPOSES)
def test_what_the_money_was_for(text: str) -> None:
    candidate = only_candidate(text)
    assert (candidate.merchant.value if candidate.merchant else None) == PURPOSES[text]
    assert candidate.counterparty is None


def test_a_shop_in_capitals_offers_nothing() -> None:
    candidate = only_candidate("Úttekt 4.290 kr. hjá BÓNUS SELFOSS 05.05.2026. Kort: 7720")
    assert candidate.event is Event.WITHDRAWAL
    assert candidate.merchant is not None and candidate.merchant.value == "BÓNUS SELFOSS"


def test_what_lies_ahead_is_asked_about() -> None:
    text = "You spent £12.00 at SHOP on {} May 2026 with your card ending 1234"
    assert would_book(only_candidate(text.format(5)))
    ahead = only_candidate(text.format(20))
    assert Reason.MIXED_EVENTS in ahead.reasons and not would_book(ahead)


@pytest.mark.parametrize(
    "greeting", ["Guten Tag Frau Brandt,", "Sehr Geehrte Frau Brandt!", "HALLO LENA,"]
)
def test_a_greeting_is_no_name(greeting: str) -> None:
    text = (
        f"Umbuchung eingegangen\n{greeting}\nauf Ihrem Tagesgeldkonto **9032 ist eine Umbuchung"
        " eingegangen.\nBetrag: 900,00 EUR\nNeuer Kontostand: 6.050,00 EUR\n"
    )
    assert only_candidate(text).merchant is None


def test_a_kind_of_account_is_no_name() -> None:
    text = (
        "Umbuchung\nIhre Umbuchung zwischen Ihren eigenen Konten wurde ausgeführt.\nBetrag\t900,00"
        " EUR\nVon Girokonto\t**** 4417\nAuf Tagesgeldkonto\t**** 9032\nBuchungstag\t26.06.2026\n"
    )
    assert only_candidate(text).merchant is None
