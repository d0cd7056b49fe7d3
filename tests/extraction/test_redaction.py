"""What a model need not know is blanked; what it must read stays, at its place."""

from __future__ import annotations

import pytest

from extraction.redaction import redact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IBAN DE02 1203 0000 0000 2020 51 ok", "IBAN XXXX XXXX XXXX XXXX XX20 51 ok"),
        ("card 4111 1111 1111 1111", "card XXXX XXXX XXXX 1111"),
        ("A/c 000012345678", "A/c XXXXXXXX5678"),
        ("write to ada.l@example.org", "write to XXX.X@XXXXXXX.XXX"),
        ("call +49 30 1234567 now", "call +XX XX XXX4567 now"),
        ("see https://bank.example/a?b=1", "see XXXXX://XXXX.XXXXXXX/X?X=X"),
    ],
)
def test_numbers_and_addresses_are_blanked(text: str, expected: str) -> None:
    assert redact(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "You spent 1,234,567.89 EUR",
        "1 234 567 890 Ft on 2026-03-02 10:15",
        "Rp1.234.567.890,00",
        "on 02-03-2026 10:15:00",
        "INR 12,34,567.00 at CAFE 21",
        "card ending 4417",
    ],
)
def test_amounts_dates_and_last_digits_stay(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ada Lovelace, you paid",
        "Sehr geehrte Frau Lovelace, Sie haben",
        "Bonjour Ada,\nvotre",
        "Paid to LOVELACE by you",
    ],
)
def test_names_are_blanked_where_wished(text: str) -> None:
    blanked = redact(text, names=["Ada Lovelace", "Ada", "Lovelace"])
    assert "lovelace" not in blanked.lower()
    assert "Ada" not in blanked
    assert len(blanked) == len(text)
    assert redact(text) == text
