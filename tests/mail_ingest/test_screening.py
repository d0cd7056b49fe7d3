"""Is it possibly about money? Nothing may be missed; what is plainly not should be told."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from mail_ingest.parsing import UnparsableMessage, parse_message
from mail_ingest.screening import Screening, ScreeningResult, screen

SAMPLES = sorted(Path(__file__).parent.parent.joinpath("samples").glob("*.eml"))


def screened(body: str, subject: str = "Hello", kind: str = "plain") -> ScreeningResult:
    head = f"From: a@b.example\nSubject: {subject}\nContent-Type: text/{kind}; charset=utf-8\n\n"
    return screen(parse_message((head + body).encode()))


def test_no_transaction_among_the_samples_is_missed() -> None:
    missed = []
    for path in SAMPLES:
        labels = json.loads(path.with_suffix(".json").read_text())
        if labels.get("expected", {}).get("is_transaction"):
            try:
                result = screen(parse_message(path.read_bytes()))
            except UnparsableMessage:
                continue
            if result.screening is not Screening.POSSIBLE:
                missed.append(path.name)
    assert SAMPLES and not missed


AMOUNTS = (
    "5 €",
    "€5",
    "$.93",
    "₹1,23,456.00",
    "Rs.500",
    "1'250.77 done",
    "1 234,56",
    "47,000円",
    "KWD 1.234",
    "5 kr",
    "R$ 9",
    "12,50 zł",
    "ብር 500",
    "٥٠٠ ريال",
    "USD5",
    "1.000.000 đ",
    "USh 2000",
    "0,99",
)


@pytest.mark.parametrize("text", AMOUNTS)
def test_an_amount_is_enough(text: str) -> None:
    assert screened(f"It is {text} now").screening is Screening.POSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "Ihre Zahlung",
        "el pago",
        "přišla platba",
        "оплата",
        "お支払い",
        "付款成功",
        "결제",
        "การชำระเงิน",
        "भुगतान",
    ],
)
def test_a_word_of_money_is_enough(text: str) -> None:
    assert screened(text).screening is Screening.POSSIBLE
    assert screened("see inside", subject=text).screening is Screening.POSSIBLE


def test_an_amount_in_the_html_alone_is_seen() -> None:
    assert screened("<td>$</td><td>12</td>", kind="html").screening is Screening.POSSIBLE
    both = (
        b"From: a@b.example\nContent-Type: multipart/alternative; boundary=x\n\n--x\n\nSee the"
        b" browser\n--x\nContent-Type: text/html\n\n<style>a{b:1.25em}</style><b>EUR 5</b>\n--x--"
    )
    assert screen(parse_message(both)).screening is Screening.POSSIBLE


@pytest.mark.parametrize(
    "text",
    [
        "See you at 12:30 on 12.05.2026",
        "Version 1.2.345 is out",
        "Call 555 1234",
        "Walk in the park?",
    ],
)
def test_a_private_message_is_unlikely_and_says_why(text: str) -> None:
    result = screened(text)
    assert (result.screening, result.snippet) == (Screening.UNLIKELY, text)
    assert "No amount" in result.reason


def test_the_reason_quotes_the_whole_amount() -> None:
    assert screened("You paid ₹1,23,456.00.").reason == "It names an amount: “₹1,23,456.00”."


@pytest.mark.parametrize("piece", ["1 ", "123 ", "1,234,", "a", "$ ", "1.234", "<td>", "so'"])
def test_no_text_takes_long(piece: str) -> None:
    started = time.process_time()
    screened(piece * 100_000)
    assert time.process_time() - started < 1
