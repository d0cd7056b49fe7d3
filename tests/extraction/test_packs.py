"""Sender packs: proved when they are loaded, and asked where the grammar finds nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from extraction.packs.loading import BUILT_IN, BadPack, load_pack, packs_in
from extraction.packs.pattern import BadPattern, make_pattern
from extraction.reading import Event, Verdict, would_book
from tests.extraction.reading_help import make_document, read

YAPE = "¡Te yapearon! Ana María Díaz te envió S/ 20.50 por Yape. Código de seguridad 118"


def test_the_packs_that_come_along_are_proved() -> None:
    assert {pack.name for pack in packs_in(BUILT_IN)} >= {"Yape"}


def test_a_pack_reads_what_its_sender_alone_writes() -> None:
    reading = read(YAPE, sender="notificaciones@mail.yape.pe")
    (candidate,) = reading.candidates
    assert (reading.verdict, reading.route) == (Verdict.TRANSACTION, "pack")
    assert candidate.amount is not None
    assert (str(candidate.amount.value), candidate.amount.value.currency) == ("20.50", "PEN")
    assert candidate.counterparty is not None
    assert candidate.counterparty.value == "Ana María Díaz"
    assert candidate.counterparty.evidence is not None
    assert candidate.counterparty.evidence.quote == "Ana María Díaz"
    assert would_book(candidate)


@pytest.mark.parametrize("sender", ["a@yape.pe.evil.example", "a@notyape.pe", None])
def test_nobody_else_is_read_by_it(sender: str | None) -> None:
    assert read(YAPE, sender=sender).verdict is not Verdict.TRANSACTION


def make(folder: Path, manifest: str, **messages: tuple[str, Any]) -> Path:
    (folder / "messages").mkdir(parents=True)
    (folder / "manifest.toml").write_text(manifest, encoding="utf-8")
    for name, (text, row) in messages.items():
        (folder / "messages" / f"{name}.txt").write_text(text, encoding="utf-8")
        (folder / "messages" / f"{name}.json").write_text(json.dumps(row), encoding="utf-8")
    return folder


MANIFEST = """
name = "Zantu"
senders = ["zantu.example"]
[[pattern]]
text = "Zorblax {amount} bij {merchant} kaart {account}"
event = "purchase"
currency = "EUR"
[[pattern]]
text = "Zorblax proef {*}"
event = "none"
"""
MESSAGE = ("Zorblax 1.234,50 bij Kaffe Lumo kaart *4471", {
    "is_transaction": True, "amount": "1234.50", "merchant": "Kaffe Lumo", "account_hint": "4471",
})  # fmt: skip
TRIAL = ("Zorblax proef 5,00 bij niemand", {"is_transaction": False})


def test_a_pack_of_one_s_own_is_taken_as_it_is_written(tmp_path: Path) -> None:
    pack = load_pack(make(tmp_path / "zantu", MANIFEST, one=MESSAGE, trial=TRIAL))
    text = "zorblax   € 9,99 BIJ Norra Bök kaart *4471"
    reading = pack.read(make_document(text, sender="a@zantu.example"))
    assert reading is not None
    (candidate,) = reading.candidates
    assert (candidate.event, candidate.merchant and candidate.merchant.value) == (
        Event.PURCHASE, "Norra Bök",
    )  # fmt: skip
    assert pack.read(make_document("Zorblax 5,00 bij Lu\nmo kaart *4471")) is None


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("1.234,50", "9,99"), "is read as"),
        (('event = "purchase"', 'event = "shopping"'), "is no event"),
        (('event = "purchase"', 'event = "declined"'), "books nothing"),
        (("{amount}", "{sum}"), "is no field"),
        (("{merchant}", "{amount}"), "stands twice"),
        (("{amount} ", ""), "has no {amount}"),
        (("Zorblax proef {*}", "{*}"), "no words of its own"),
        (("Zorblax proef", "Iets anders"), "no message shows"),
        (('senders = ["zantu.example"]', "senders = []"), "needs senders"),
        (('name = "Zantu"', 'name = "Zantu"\ncolour = "red"'), "unknown key"),
        (('name = "Zantu"', 'name = "Zan'), "zantu: "),
        (('name = "Zantu"', ""), "lacks “name”"),
    ],
)
def test_a_pack_that_is_wrong_is_refused_with_the_reason(
    tmp_path: Path, change: tuple[str, str], says: str
) -> None:
    message = (MESSAGE[0].replace(*change), MESSAGE[1])
    folder = make(tmp_path / "zantu", MANIFEST.replace(*change), one=message, trial=TRIAL)
    with pytest.raises(BadPack, match="zantu") as told:
        load_pack(folder)
    assert says in str(told.value)


def test_a_pattern_takes_hostile_text_in_time() -> None:
    pattern = make_pattern("a {merchant} b {amount} c {*} d", "purchase", "", "EUR")
    assert pattern.read(make_document("a " * 9_000)) is None
    assert pattern.read(make_document("a b c " * 3_000)) is None
    with pytest.raises(BadPattern):
        make_pattern("{amount}", "purchase", "", "EUR")
