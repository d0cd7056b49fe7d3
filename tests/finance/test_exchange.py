"""Exchange rates: the ECB's files, a ledger's own rates, and sums over currencies."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from finance.errors import LedgerError, NotInLedger
from finance.exchange.ecb import UnreadableRates, read_ecb
from finance.exchange.keeping import change_rate, load_reference_rates, remove_rate, set_rate
from finance.exchange.rates import Rates, rates_to, total_in
from finance.models import ExchangeRate, LedgerChange, ReferenceRate
from finance.money import Money, exponent
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.finance.make import make_account
from tests.make import make_member
from tests.pages import member

XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"
    xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
  <gesmes:subject>Reference rates</gesmes:subject>
  <Cube>
    <Cube time='2026-05-21'><Cube currency='USD' rate='1.1000'/>
      <Cube currency='JPY' rate='160.5'/></Cube>
    <Cube time='2026-05-20'><Cube currency='USD' rate='1.0950'/></Cube>
  </Cube>
</gesmes:Envelope>"""
HISTORY = b"Date,USD,JPY,CYP,\n2026-05-21,1.1,160.5,N/A,\n2026-05-20,1.095,,N/A,\n"
DAILY = b"Date, USD, JPY, \n21 May 2026, 1.1000, 160.50, \n"
WEDNESDAY, THURSDAY, SUNDAY = date(2026, 5, 20), date(2026, 5, 21), date(2026, 5, 24)


def zipped(*files: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return held.getvalue()


# --- Files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [XML, HISTORY, zipped(("eurofxref-hist.csv", HISTORY))])
def test_every_form_of_the_file_gives_the_same(data: bytes) -> None:
    assert {(q.currency, q.valid_on, q.per_euro) for q in read_ecb(data)} == {
        ("USD", THURSDAY, Decimal("1.1")),
        ("JPY", THURSDAY, Decimal("160.5")),
        ("USD", WEDNESDAY, Decimal("1.095")),
    }


def test_the_daily_csv_writes_its_day_in_words() -> None:
    assert {q.valid_on for q in read_ecb(DAILY)} == {THURSDAY}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "first line"),
        (b"\xff\xfe\x00", "neither"),
        (b"Date,USD\n2026-05-21,abc\n", "not a rate"),
        (b"Date,USD\n2026-05-21,-1\n", "not a rate"),
        (b"Date,USD\n2026-05-21,NaN\n", "not a rate"),
        (b"Date,USD\nyesterday,1\n", "not a day"),
        (b"Date,USD\n2026-05-21,N/A\n", "no rates"),
        (b"<Envelope>", "broken"),
        (b"<Envelope/>", "no rates"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DTDForbidden"),
        (zipped(("a.csv", HISTORY), ("b.csv", HISTORY)), "2 files"),
        (b"PK\x03\x04 not really", "cannot be read"),
    ],
)
def test_another_file_is_refused_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(UnreadableRates, match=why):
        list(read_ecb(data))


@pytest.mark.django_db
def test_the_command_loads_a_file_and_loads_it_again(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "eurofxref-hist.zip"
    path.write_bytes(zipped(("eurofxref-hist.csv", HISTORY)))
    call_command("import_rates", str(path))
    assert "3 rates of 2026-05-20 to 2026-05-21, 3 of them new" in capsys.readouterr().out
    path.write_bytes(HISTORY.replace(b"1.095", b"1.2"))
    call_command("import_rates", str(path), "--since", "2026-05-20")
    assert "0 of them new" in capsys.readouterr().out
    assert ReferenceRate.objects.get(currency="USD", valid_on=WEDNESDAY).per_euro == Decimal("1.2")
    path.write_bytes(HISTORY + b"2026-05-19,oops,1,1\n")
    with pytest.raises(CommandError, match=r"oops.*Nothing was stored"):
        call_command("import_rates", str(path))
    with pytest.raises(CommandError, match="no rates of these days"):
        path.write_bytes(HISTORY)
        call_command("import_rates", str(path), "--since", "2027-01-01")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_rates", str(tmp_path / "nothing.xml"))


# --- Looking up -----------------------------------------------------------------------------------


@pytest.fixture
def reference(db: None) -> None:
    load_reference_rates(read_ecb(HISTORY))


def rate(currency: str, home: str, on: date) -> tuple[Decimal, date, str] | None:
    found = rates_to(home, [(currency, on)]).rate(currency, on)
    return (found.value, found.valid_on, found.source) if found else None


def test_the_last_rate_on_or_before_the_day_counts(ledger: Tenant, reference: None) -> None:
    exact = rates_to("EUR", [("USD", d) for d in (WEDNESDAY, THURSDAY, SUNDAY)])
    assert [exact.convert(Money(10_000, "USD"), d) for d in (WEDNESDAY, THURSDAY, SUNDAY)] == [
        Money(9132, "EUR"), Money(9091, "EUR"), Money(9091, "EUR"),
    ]  # fmt: skip
    assert rate("EUR", "USD", SUNDAY) == (Decimal("1.1"), THURSDAY, "ecb")
    assert rate("USD", "EUR", WEDNESDAY - timedelta(1)) is None
    assert rate("CYP", "EUR", SUNDAY) is None


def test_two_currencies_meet_through_the_euro_as_of_the_older_leg(
    ledger: Tenant, reference: None
) -> None:
    ReferenceRate.objects.create(currency="USD", valid_on=SUNDAY, per_euro=Decimal("1.2"))
    found = rates_to("JPY", [("USD", SUNDAY)])
    assert found.convert(Money(12_000, "USD"), SUNDAY) == Money(16_050, "JPY")
    used = found.rate("USD", SUNDAY)
    assert used is not None and used.valid_on == THURSDAY


def test_a_rate_of_ones_own_wins_on_its_day_and_until_a_newer_reference(
    ledger: Tenant, reference: None
) -> None:
    set_rate("USD", "EUR", Decimal("0.5"), WEDNESDAY)
    assert rate("USD", "EUR", WEDNESDAY) == (Decimal("0.5"), WEDNESDAY, "own")
    found = rate("USD", "EUR", THURSDAY)
    assert found is not None and found[1:] == (THURSDAY, "ecb")
    # The other way round it serves as well.
    assert rate("EUR", "USD", WEDNESDAY) == (Decimal(2), WEDNESDAY, "own")


def test_minor_units_of_every_scale_are_converted_exactly(ledger: Tenant, reference: None) -> None:
    """Against fractions, over currencies with no, two and three decimals."""
    dice = random.Random(5)
    for currency, per_euro in (("KWD", "0.3345"), ("CLF", "0.0274"), ("ISK", "150.3")):
        ReferenceRate.objects.create(
            currency=currency, valid_on=WEDNESDAY, per_euro=Decimal(per_euro)
        )
    per = {"EUR": Fraction(1), "USD": Fraction("1.1"), "JPY": Fraction("160.5"),
           "KWD": Fraction("0.3345"), "ISK": Fraction("150.3")}  # fmt: skip
    for home in per:
        rates = rates_to(home, [(currency, SUNDAY) for currency in per])
        for _ in range(100):
            money = Money(dice.randrange(-(10**12), 10**12), dice.choice(list(per)))
            exact = Fraction(money.minor, 10 ** exponent(money.currency)) * per[home]
            exact = exact / per[money.currency] * 10 ** exponent(home)
            converted = rates.convert(money, SUNDAY)
            assert converted is not None and abs(converted.minor - exact) <= Fraction(1, 2)


def test_many_days_and_currencies_cost_three_queries(ledger: Tenant, reference: None) -> None:
    set_rate("GBP", "EUR", Decimal("1.16"), WEDNESDAY)
    days = [WEDNESDAY + timedelta(n) for n in range(60)]
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = rates_to("EUR", [(c, d) for c in ("USD", "JPY", "GBP", "EUR", "CHF") for d in days])
    assert len(queries) == 3
    assert all(found.rate(c, d) for c in ("USD", "GBP") for d in days)
    with CaptureQueriesContext(connection) as queries:
        rates_to("EUR", [("EUR", day) for day in days])
    assert len(queries) == 0


def test_a_total_tells_its_rates_and_leaves_out_what_has_none(
    ledger: Tenant, reference: None
) -> None:
    found = total_in(
        "EUR", [Money(1000, "EUR"), Money(1100, "USD"), Money(7, "CHF"), Money(500, "JPY")], SUNDAY
    )
    assert found.total == Money(1000 + 1000 + 312, "EUR")
    assert [(r.base, r.shown, r.valid_on) for r in found.rates] == [
        ("JPY", "0.00623053", THURSDAY), ("USD", "0.909091", THURSDAY),
    ]  # fmt: skip
    assert found.left_out == [Money(7, "CHF")]
    assert Rates("EUR", {}).total([]).total == Money(0, "EUR")


def test_another_ledgers_rates_count_for_nothing(ledger: Tenant, stranger: Tenant) -> None:
    with tenant_scope(stranger.id):
        set_rate("USD", "EUR", Decimal("0.5"), WEDNESDAY)
    assert rate("USD", "EUR", SUNDAY) is None


# --- A ledger's own rates -------------------------------------------------------------------------


def test_a_rate_is_set_replaced_changed_and_removed_on_the_trail(ledger: Tenant) -> None:
    row = set_rate("USD", "EUR", Decimal("0.9"), WEDNESDAY)
    assert set_rate("USD", "EUR", Decimal("0.95"), WEDNESDAY).pk == row.pk
    change_rate(row.pk, Decimal("0.96"))
    remove_rate(row.pk)
    assert not ExchangeRate.objects.exists()
    trail = LedgerChange.objects.filter(subject_id=row.pk).order_by("version")
    assert [c.verb for c in trail] == ["add", "change", "change", "remove"]
    with pytest.raises(NotInLedger):
        remove_rate(row.pk)


@pytest.mark.parametrize(
    "wrong", ["0", "-1", "NaN", "Infinity", "1000000000", "0.00000000001", "123456.1234567891"]
)
def test_no_such_rate(ledger: Tenant, wrong: str) -> None:
    with pytest.raises(LedgerError):
        set_rate("USD", "EUR", Decimal(wrong), WEDNESDAY)
    assert not ExchangeRate.objects.exists()


def test_rates_over_rest(ledger: Tenant, reference: None) -> None:
    api = APIClient()
    api.force_login(make_member(ledger))
    address = "/api/v1/exchange-rates"
    body = {"base": "GBP", "quote": "EUR", "rate": "1.16", "valid_on": "2026-05-20"}
    made = api.post(address, body)
    assert made.status_code == 201, made.content
    assert made.json()["rate"] == "1.16"
    one = f"{address}/{made.json()['id']}"
    assert api.patch(one, {"rate": "1.1700"}).json()["rate"] == "1.17"
    assert [row["base"] for row in api.get(address, {"quote": "EUR"}).json()["data"]] == ["GBP"]
    convert = f"{address}/convert"
    got = api.get(convert, {"amount": "10", "base": "GBP", "on": "2026-05-22"}).json()
    assert (got["converted"], got["quote"], got["rate"]["source"]) == ("11.70", "EUR", "own")
    assert got["rate"]["valid_on"] == "2026-05-20"
    assert api.get(convert, {"amount": "10", "base": "CHF"}).json()["converted"] is None
    for wrong in ({"rate": 1.1}, {"rate": "0"}, {"rate": "x"}, {"quote": "XXL"}, {"quote": "GBP"}):
        assert api.post(address, body | wrong).status_code == 400, wrong
    assert api.delete(one).status_code == 204
    assert api.get(one).status_code == 404


def test_the_pages_show_a_total_with_its_rates(ledger: Tenant, reference: None) -> None:
    make_account("Giro", opening=Money(10_000, "EUR"))
    make_account("Dollars", "USD", opening=Money(11_000, "USD"))
    make_account("Francs", "CHF", opening=Money(500, "CHF"))
    browser = member(ledger)
    for address in ("/accounts/", "/"):
        shown = browser.get(address).content.decode()
        assert "All in EUR" in shown and "€200.00" in shown, address
        assert "1 USD = 0.909091 EUR" in shown and "21 May 2026" in shown
        assert "CHF" in shown and "Not in it" in shown
    page = "/exchange-rates/"
    assert "No rate: it is shown apart" in browser.get(page).content.decode()
    form = {"base": "CHF", "rate": "1.05", "quote": "EUR", "valid_on": "2026-05-20"}
    assert browser.post(page, form).status_code == 302
    assert "1 CHF = 1.05 EUR" in browser.get(page).content.decode()
    assert browser.post(page, form | {"rate": "0"}).status_code == 422
    row = ExchangeRate.objects.get()
    browser.post(f"{page}{row.pk}/remove/")
    assert not ExchangeRate.objects.exists()
