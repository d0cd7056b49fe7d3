from __future__ import annotations

from decimal import Decimal

import pytest

from extraction.extractors.amounts import find_amounts, resolve
from extraction.extractors.numbers import parse_number
from extraction.reading import Reason
from tests.extraction.reading_help import make_document, only_candidate


@pytest.mark.parametrize(
    ("token", "currency", "value"),
    [
        ("1.234,56", "EUR", "1234.56"),
        ("1,23,456.00", "INR", "123456.00"),
        ("1'250.77", "CHF", "1250.77"),
        (".93", "USD", "0.93"),
        ("1 234,56", "PLN", "1234.56"),
        ("47,000", "JPY", "47000"),
        ("1.234", "EUR", "1234"),
        ("1.234", "KWD", "1.234"),
        ("120,000", "TND", "120.000"),
        ("12,5", "EUR", "12.5"),
        ("1.234.567", "COP", "1234567"),
    ],
)
def test_numbers_of_all_styles(token: str, currency: str, value: str) -> None:
    assert parse_number(token, currency) == Decimal(value)


@pytest.mark.parametrize("token", ["192.168.0.1", "1,2,3"])
def test_what_is_no_number(token: str) -> None:
    assert parse_number(token) is None


@pytest.mark.parametrize(
    ("text", "country", "amount", "currency"),
    [
        ("₹1,23,456.00", None, "123456.00", "INR"),
        ("Rs. 500/-", "PK", "500.00", "PKR"),
        ("Rs.15,OOO", "IN", "15000.00", "INR"),
        ("$ 12.990", "CL", "12990", "CLP"),
        ("CAD $275.18", None, "275.18", "CAD"),
        ("1 234,50 kr", "NO", "1234.50", "NOK"),
        ("١٬٢٥٠٫٧٥ ريال", "SA", "1250.75", "SAR"),
        ("५००.०० रुपये", "IN", "500.00", "INR"),
        ("3万円", "JP", "30000", "JPY"),
        ("KD 12.500", None, "12.500", "KWD"),
        ("USD\u00a01\u202f250.00", None, "1250.00", "USD"),
        ("R$ 1\u200b.249,90", None, "1249.90", "BRL"),
        ("2.5 lakh rupees", "IN", "250000.00", "INR"),
    ],
)
def test_money_in_a_text(text: str, country: str | None, amount: str, currency: str) -> None:
    document = make_document(f"Paid {text} today")
    countries = {country: 5.0} if country else {}
    found = resolve(find_amounts(document, ()), document.normalized, countries, None)
    assert [(str(item.money), item.currency) for item in found if item.codes] == [
        (amount, currency)
    ]


def test_a_dollar_that_nothing_explains_is_ambiguous() -> None:
    document = make_document("Paid $ 12.00 today")
    (found,) = resolve(find_amounts(document, ()), document.normalized, {}, None)
    assert found.ambiguous


@pytest.mark.parametrize("text", ["5 km", "le 12 mars", "Re: 500", "20%", "card *1234", "ALL 5"])
def test_what_only_looks_like_money(text: str) -> None:
    assert not [item for item in find_amounts(make_document(f"x {text} y"), ()) if item.codes]


# What tells currencies apart that share a sign -> the currency, and whether it stays a question.
SHARED_SIGNS = {
    "Vous avez recu 25 000 FCFA de KOUASSI AYA 0707123456. Solde: 61 450 FCFA": ("XOF", False),
    "Transfert de 12500 FCFA vers 677889900 MBARGA PAUL. Solde 40210 FCFA": ("XAF", False),
    "Compte debite de 150 000 FCFA. Motif: RETRAIT GAB LIBREVILLE": ("XAF", False),
    "Vous avez retire 10 000 FCFA. Service client: +221 33 839 00 00": ("XOF", False),
    "Rs 40,065.62 sent to ASIF KHAN 03016048523": ("PKR", False),
    "Rs 500.00 paid at KEELLS SUPER": ("LKR", False),
    "$20.00 was spent at SHOP. Call +64 9 300 1234": ("NZD", False),
    "Compra por $45.780 en LIDER con tarjeta 5521": ("CLP", True),
    "Enviaste Bs 226,53 a LIMBERT CH desde tu cuenta": ("VES", True),
    "$20.00 was spent at SHOP": ("USD", True),
}


@pytest.mark.parametrize("text", SHARED_SIGNS)
def test_what_tells_currencies_of_one_sign_apart(text: str) -> None:
    amount = only_candidate(text, sender=None).amount
    assert amount is not None
    is_asked = Reason.AMBIGUOUS_CURRENCY in only_candidate(text, sender=None).reasons
    assert (amount.value.currency, is_asked) == SHARED_SIGNS[text]


def test_the_senders_name_speaks_for_its_country() -> None:
    text = "$20.00 was spent at SHOP with card 1234"
    amount = only_candidate(text, sender=None, sender_name="Kiwibank alerts").amount
    assert amount is not None and amount.value.currency == "NZD"


def test_a_number_at_the_end_of_a_name_is_no_part_of_the_amount() -> None:
    amount = only_candidate("Card 7712 spent at CENTRE C RAMA4 530.00 THB on 04/05/26").amount
    assert amount is not None and str(amount.value) == "530.00"


def test_the_code_behind_a_sign_belongs_to_the_amount() -> None:
    candidate = only_candidate("You sent a payment of 42,00 € EUR to Ann Hill on 4 May 2026")
    assert candidate.merchant is not None and candidate.merchant.value == "Ann Hill"


def test_what_foreign_money_comes_to_is_asked_about() -> None:
    candidate = only_candidate(
        "A transaction of EUR 45.00 was made on card 8890 at SHOP on 03-MAY-2026. Equivalent AED"
        " 188.20."
    )
    assert candidate.amount is not None and candidate.amount.value.currency == "AED"
    assert Reason.TWO_AMOUNTS in candidate.reasons


def test_stars_around_an_amount_hide_nothing() -> None:
    candidate = only_candidate("Credit\nAccount XXXX3310\nAED *7,500.00*\nBalance AED *8,120.10*")
    assert candidate.amount is not None and str(candidate.amount.value) == "7500.00"
    assert candidate.balance is not None and Reason.NOT_GROUNDED not in candidate.reasons


def test_traditional_characters_tell_of_no_yuan() -> None:
    candidate = only_candidate("帳戶末4碼3310轉出5,000元至王小明，10/01 10:11，餘額12,310元")
    assert candidate.amount is not None and candidate.amount.value.currency == "TWD"
    assert Reason.AMBIGUOUS_CURRENCY in candidate.reasons
