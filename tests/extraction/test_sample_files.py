"""The samples are the judge of the extraction code, so their labels are checked here first:
every labelled value must stand literally in the decoded message beside it."""

from __future__ import annotations

import base64
import calendar
import email
import email.header
import email.utils
import html
import json
import re
import unicodedata
from datetime import date
from decimal import Decimal
from email.message import Message
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from babel.dates import get_month_names

from finance.money import Money, known_currencies

SAMPLES = Path(__file__).parents[1] / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.eml"))
DEMO_LINES = (SAMPLES / "demo.txt").read_text(encoding="utf-8").splitlines()
DEMO = [line.removesuffix(".eml") for line in DEMO_LINES if line and line[0] != "#"]

BOOKED = {
    "purchase": "debit", "hold": "debit", "withdrawal": "debit", "transfer_out": "debit",
    "fee": "debit", "deposit": "credit", "transfer_in": "credit", "refund": "credit",
    "interest": "credit", "salary": "credit", "card_payment": "transfer",
}  # fmt: skip
NEVER_BOOKED = {
    "declined", "scheduled", "due", "statement", "balance", "notice", "one_time_code", "order",
    "promotion", "other",
}  # fmt: skip
OUTFLOWS = {"card_payment"} | {event for event, way in BOOKED.items() if way == "debit"}
TOP_KEYS = {
    "country", "language", "bank", "kind", "trap", "ambiguous", "must_not_book",
    "score_merchant", "expected", "expected_all",
}  # fmt: skip
MONEY_KEYS = {"amount", "balance", "tax", "fee"}
EXPECTED_KEYS = MONEY_KEYS | {
    "is_transaction", "event", "currency", "direction", "merchant", "account_last4", "reference",
    "date", "due_date", "original_amount", "original_currency", "items",
}  # fmt: skip
# How each currency is written in the samples; one of them must stand in the message.
MARKS = {
    "AED": "AED", "ARS": "ARS", "AUD": "AUD A$", "BDT": "BDT ৳", "BHD": "BHD", "BRL": "R$",
    "CAD": "CAD CA", "CHF": "CHF Fr.", "CLP": "chilenos CLP", "CNY": "CNY 人民币 ¥", "COP": "COP",
    "CZK": "CZK Kč", "DKK": "DKK", "EGP": "EGP جنيه E£", "ETB": "ETB", "EUR": "EUR € Euro",
    "GBP": "GBP £", "GEL": "GEL ₾", "GHS": "GHS", "HKD": "HKD HK$", "HUF": "HUF Ft",
    "IDR": "IDR Rp", "ILS": "ILS ₪", "INR": "INR ₹ Rs", "IRR": "IRR ریال", "ISK": "ISK",
    "JOD": "JOD", "JPY": "JPY 円 ¥", "KES": "KES Ksh", "KRW": "KRW 원 ₩", "KWD": "KWD",
    "KZT": "KZT ₸", "LKR": "LKR", "MAD": "MAD", "MXN": "MXN M.N.", "MYR": "MYR RM",
    "NGN": "NGN ₦", "NOK": "NOK", "NPR": "NPR रु", "NZD": "NZD NZ$", "OMR": "OMR",
    "PEN": "PEN S/", "PHP": "PHP ₱", "PKR": "PKR Rs", "PLN": "PLN zł", "RON": "RON lei",
    "RSD": "RSD", "SAR": "SAR ريال", "SEK": "SEK", "SGD": "SGD S$", "THB": "THB บาท ฿",
    "TND": "TND DT", "TRY": "TRY TL ₺", "TWD": "TWD NT$", "TZS": "TZS Tsh", "UAH": "UAH грн ₴",
    "USD": "USD $", "VND": "VND ₫", "ZAR": "ZAR R",
}  # fmt: skip


def labels(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return data


def expectations(name: str) -> list[dict[str, Any]]:
    data = labels(name)
    return list(data["expected_all"]) if "expected_all" in data else [data["expected"]]


def decoded_part(part: Message) -> str:
    """A leaf's text. Some samples are broken on purpose, so nothing here may raise."""
    if part.get("Content-Transfer-Encoding", "").lower() == "base64":
        letters = re.sub(r"[^A-Za-z0-9+/]", "", str(part.get_payload()))
        raw = base64.b64decode(letters[: len(letters) // 4 * 4])
        tail = letters[len(letters) // 4 * 4 :]
        raw += base64.b64decode(tail + "=" * (4 - len(tail))) if len(tail) > 1 else b""
    else:
        payload = part.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else b""
    for charset in (part.get_content_charset() or "utf-8", "utf-8"):
        try:
            return raw.decode(charset)
        except (LookupError, UnicodeDecodeError):
            continue
    return raw.decode("latin-1")


@cache
def message(name: str) -> Message:
    return email.message_from_bytes((SAMPLES / f"{name}.eml").read_bytes())


@cache
def text_of(name: str) -> str:
    """Subject, sender and body: no tags, ASCII digits, no invisible characters, single spaces."""
    mail = message(name)
    headers = [str(mail.get("Subject", "")), str(mail.get("From", ""))]
    found = [str(email.header.make_header(email.header.decode_header(h))) for h in headers]
    found += [decoded_part(part) for part in mail.walk() if not part.is_multipart()]
    body = re.sub(r"(?is)<(style|title)>.*?</\1>", " ", "\n".join(found))
    joined = html.unescape(re.sub(r"</?[a-zA-Z][^>]*>", " ", body))
    return re.sub(r"\s+", " ", "".join(map(plain_character, joined)))


def plain_character(character: str) -> str:
    if unicodedata.category(character) in {"Cf", "Cc"} and not character.isspace():
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def amount_stands_in(text: str, amount: str) -> bool:
    """Whether exactly this amount is written in `text`, whatever the separators.

    A fraction of zeros may be left out; an integer part of 0 too (".93").
    """
    whole, _, fraction = amount.lstrip("-").partition(".")
    left = range(len(whole) - 1, -1, -1)  # digits still to come: no group is shorter than two
    pattern = "".join(
        digit + (r"(?:[.,'’٬，\s]\s?)?" if count >= 2 else "")
        for digit, count in zip(whole, left, strict=True)
    )
    if whole == "0":
        pattern = "0?"
    if fraction:
        tail = rf"\s*[.,٫]?\s*{fraction}"
        pattern += f"(?:{tail})?" if not fraction.strip("0") else tail
    before = r"(?<!\d)(?<!\d[.,'’٬])"
    return re.search(rf"{before}{pattern}(?!\d)(?![.,٫]\d)", text) is not None


def date_stands_in(text: str, value: date, language: str) -> bool:
    """Whether day and month are written, the month as a number or by its name."""
    names = {calendar.month_abbr[value.month]}
    for width in ("wide", "abbreviated"):
        names.add(get_month_names(width, locale=language)[value.month].rstrip("."))
    month = "|".join([f"0?{value.month}", *(rf"{re.escape(name)}\w*" for name in names)])
    day, gap = rf"0?{value.day}", r"[\s.,/年月-]{0,3}(?:de\s)?"
    either = rf"(?<!\d){day}{gap}(?:{month})(?!\d)|(?<!\d)(?:{month}){gap}{day}(?!\d)"
    return f"{value:%Y%m%d}" in text or re.search(either, text, re.IGNORECASE) is not None


def test_the_check_of_amounts_tells_wrong_from_right() -> None:
    text = "Total 1.234,50 EUR, was Rs 1,23,456.00, CHF 14’089.30, $.93, KWD 12.750"
    for right in ("1234.50", "123456.00", "14089.30", "0.93", "12.750"):
        assert amount_stands_in(text, right), right
    for wrong in ("234.50", "1234.5", "12345", "123456.10", "14089.3", "0.94", "12.75", "89.30"):
        assert not amount_stands_in(text, wrong), wrong


def test_the_check_of_dates_tells_wrong_from_right() -> None:
    text = "am 03.10.2026, le 5 août 2026, Oct 29, 2026, 2026年07月11日"
    for language, right in (("de", "2026-10-03"), ("fr", "2026-08-05"), ("en", "2026-10-29")):
        assert date_stands_in(text, date.fromisoformat(right), language), right
    for wrong in ("2026-10-04", "2026-08-06", "2026-10-28", "2026-07-12", "2026-05-03"):
        assert not date_stands_in(text, date.fromisoformat(wrong), "en"), wrong


def test_every_message_has_its_labels_and_no_label_is_alone() -> None:
    assert {p.stem for p in SAMPLES.glob("*.json")} == set(NAMES)
    assert len(NAMES) >= 90


def test_the_samples_span_the_world() -> None:
    everything = [labels(name) for name in NAMES]
    currencies = {e["currency"] for n in NAMES for e in expectations(n) if "currency" in e}
    assert len({data["country"] for data in everything}) >= 25
    assert len({data["language"] for data in everything}) >= 15
    assert len(currencies) >= 20
    assert currencies <= set(MARKS)


def test_every_event_has_a_sample() -> None:
    seen = {e["event"] for name in NAMES for e in expectations(name) if "event" in e}
    assert seen == set(BOOKED) | NEVER_BOOKED


@pytest.mark.parametrize("name", NAMES)
def test_labels_have_known_keys_and_agree_with_themselves(name: str) -> None:
    data = labels(name)
    assert set(data) <= TOP_KEYS
    assert ("expected" in data) != ("expected_all" in data)
    assert re.fullmatch(r"[A-Z]{2}", data["country"])
    assert re.fullmatch(r"[a-z]{2}", data["language"])
    assert data["bank"]
    assert re.fullmatch(r"[a-z][a-z-]+", data["kind"])
    for expected in expectations(name):
        assert set(expected) <= EXPECTED_KEYS
        event = expected.get("event")
        assert event is None or event in BOOKED or event in NEVER_BOOKED
        if event is not None:
            assert expected["is_transaction"] is (event in BOOKED)
        if expected["is_transaction"]:
            unsure = {"currency"} if data.get("ambiguous") else set()
            assert {"amount", "currency", "direction"} - unsure <= set(expected)
            assert expected["direction"] in {"debit", "credit", "transfer"}
            usual = BOOKED.get(event or "", expected["direction"])
            owed = {"debit"} if event == "interest" else set()  # interest is earned or paid
            assert expected["direction"] in {usual, "transfer"} | owed
        else:
            assert "direction" not in expected
        assert re.fullmatch(r"\d{4}", expected.get("account_last4", "0000"))


@pytest.mark.parametrize("name", NAMES)
def test_every_labelled_amount_stands_in_the_message(name: str) -> None:
    text = text_of(name)
    for expected in expectations(name):
        currency = expected.get("currency")
        amounts = [expected[key] for key in MONEY_KEYS if key in expected]
        amounts += [item["amount"] for item in expected.get("items", [])]
        pairs = [(amount, currency) for amount in amounts]
        if "original_amount" in expected:
            pairs.append((expected["original_amount"], expected["original_currency"]))
        for amount, code in pairs:
            assert amount_stands_in(text, amount), amount
            if code is None:  # only ambiguous samples leave the currency open
                continue
            assert code in known_currencies()
            assert abs(Money.parse(amount, code)).decimal == abs(Decimal(amount))
            assert any(mark in text for mark in MARKS[code].split()), code


@pytest.mark.parametrize("name", NAMES)
def test_every_other_label_stands_in_the_message(name: str) -> None:
    text = text_of(name)
    close = text.replace(" ", "")
    language = labels(name)["language"]
    for expected in expectations(name):
        last4 = expected.get("account_last4", "")
        assert not last4 or re.search(rf"{last4}(?!\d)", close), last4
        assert expected.get("reference", "") in text
        if labels(name).get("score_merchant", True):
            assert expected.get("merchant", "").casefold() in text.casefold()
        for item in expected.get("items", []):
            assert item["name"] in text
        for key in ("date", "due_date"):
            if key in expected:
                assert date_stands_in(text, date.fromisoformat(expected[key]), language), key


def test_the_demo_mailbox_lists_existing_messages_once_and_in_order_of_time() -> None:
    assert len(DEMO) >= 60
    assert len(set(DEMO)) == len(DEMO)
    assert set(DEMO) <= set(NAMES)
    dates = [email.utils.parsedate_to_datetime(str(message(name)["Date"])) for name in DEMO]
    assert dates == sorted(dates)


@pytest.mark.parametrize("account", ["4417", "9032"])
def test_each_balance_of_the_demo_accounts_follows_from_the_one_before(account: str) -> None:
    booked = [
        expected
        for name in DEMO
        for expected in expectations(name)
        if expected.get("account_last4") == account and "balance" in expected
    ]
    assert len(booked) > 5
    for before, after in pairwise(booked):
        outflow = after.get("direction") == "debit" or after.get("event") in OUTFLOWS
        change = Decimal(after.get("amount", "0")) * (-1 if outflow else 1)
        assert Decimal(after["balance"]) == Decimal(before["balance"]) + change, after
