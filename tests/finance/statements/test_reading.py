"""Statement files of many dialects, read."""

from __future__ import annotations

import random

import pytest

from finance.money import Money
from finance.statements.lines import Statement, UnreadableStatement, keys
from finance.statements.readers import format_of, read, text_of
from finance.statements.readers.table import propose, table_of
from finance.statements.readers.values import decimal_mark, parse_amount
from tests.finance.statements.samples import SAMPLES, Sample
from tests.finance.statements.test_files import FILES


def read_all(sample: Sample) -> list[Statement]:
    text = text_of(sample.data)
    assert format_of(text) == sample.form
    return read(text, sample.form, sample.currency)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.form}: {sample.name}")
def test_a_statement_is_read(sample: Sample) -> None:
    (statement,) = read_all(sample)
    found = [(str(l.booked_on), str(l.amount), l.payee) for l in statement.lines]  # noqa: E741
    assert found == list(sample.expected)
    assert len(statement.problems) == sample.refused, statement.problems


def test_there_are_many() -> None:
    assert len(SAMPLES) >= 35


def test_the_same_lines_have_the_same_keys_in_every_file() -> None:
    (whole,) = read("Date,Payee,Amount\n" + "2026-05-05,Kiosk,-2.00\n" * 3, "csv", "EUR")
    (part,) = read("Date;Amount;Payee\n05.05.2026;-2,00;KIOSK \n" * 1, "csv", "EUR")
    assert len(set(keys(whole.lines))) == 3
    assert next(keys(part.lines)) == next(keys(whole.lines))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04...", "spreadsheet"),
        (b"%PDF-1.7", "PDF"),
        (b"", "No row"),
        (b"just some words\nand more", "No row"),
        (b"Date,Payee\n2026-05-05,Shop\n", "No row|which the amount"),
        (b"<OFX></OFX>", "no statement"),
        (b"!Type:Cat\nNFood\n^", "no movements"),
        (b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><a></Document>', "XML"),
        (b'<!DOCTYPE d [<!ENTITY a "b">]><Document><BkToCstmrStmt>&a;</BkToCstmrStmt></Document>',
         "XML"),
        (b'{"inledger":1}\n', "no transactions"),
        (b":20:1\n:61:nonsense", "MT940|no movements"),
    ],
)  # fmt: skip
def test_what_is_no_statement_is_said(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableStatement, match=says):
        text = text_of(data)
        read(text, format_of(text), "EUR")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("-1.234,56", "-1234.56"), ("(12,50)", "-12.50"), ("12,50-", "-12.50"), ("12,50 S", "-12.50"),
     ("€ 5,00", "5.00"), ("-5,00 €", "-5.00"), ("+5,00", "5.00"), ("1 234,00", "1234.00"),
     ("EUR 1.000", "1000.00"), ("−3,00", "-3.00"), (",50", "0.50")],
)  # fmt: skip
def test_amounts_are_read_as_they_are_written(text: str, amount: str) -> None:
    assert parse_amount(text, "EUR", ",") == Money.parse(amount, "EUR")


def test_the_decimal_mark_is_voted_by_the_column() -> None:
    assert decimal_mark(["1.234", "12,50", "3"]) == ","
    assert decimal_mark(["1,234", "12.50"]) == "."
    assert decimal_mark(["1,234.567"]) == "."
    assert decimal_mark(["5", ""]) == "."


def test_no_damage_makes_a_reader_fail_otherwise() -> None:
    dice = random.Random(11)
    whole = [sample.data for sample in SAMPLES] + [path.read_bytes() for path in FILES]
    for _ in range(1500):
        data = bytearray(dice.choice(whole))
        for _ in range(dice.randint(1, 12)):
            at = dice.randrange(len(data))
            if dice.random() < 0.5:
                data[at] = dice.randrange(256)
            else:
                del data[at : at + dice.randint(1, 30)]
            if not data:
                break
        try:
            text = text_of(bytes(data))
            read(text, format_of(text), "EUR")
        except UnreadableStatement:
            continue


@pytest.mark.parametrize(
    ("headings", "payee", "description"),
    [
        ("Date,Description,Amount", "Description", None),
        ("Date,Description,Payee,Amount", "Payee", "Description"),
        ("Date,Payee,Description,Memo,Amount", "Payee", "Memo"),
        ("Datum,Buchungstext,Verwendungszweck,Betrag", None, "Verwendungszweck"),
    ],
)
def test_the_more_telling_column_names_the_other_side(
    headings: str, payee: str | None, description: str | None
) -> None:
    proposed = propose(table_of(f"{headings}\n2026-05-05,a,b,c,1.00\n"))
    assert (proposed.get("payee"), proposed.get("description")) == (payee, description)
