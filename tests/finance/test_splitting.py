"""The page that parts a transaction among categories."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from finance.models import FinancialAccount, Split, Transaction
from tests.finance.make import category, make_account, make_posted
from tests.make import make_member
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def giro(in_tenant: object, ledger: object) -> FinancialAccount:
    return make_account()


@pytest.fixture
def bought(giro: FinancialAccount) -> Transaction:
    return make_posted(giro, "-25.00", category_id=category("groceries").pk)


@pytest.fixture
def browser(giro: FinancialAccount) -> Client:
    return signed_in(make_member(giro.tenant, "user"))


def lines(*rows: tuple[str, str, str]) -> dict[str, list[str]]:
    """(amount, key of a category, note) …, as a browser sends them."""
    chosen = [str(category(key).pk) if key else "" for _, key, _ in rows]
    return {
        "amount": [row[0] for row in rows], "category": chosen, "note": [row[2] for row in rows],
    }  # fmt: skip


def splits(row: Transaction) -> list[tuple[int, str, str]]:
    found = Split.objects.filter(transaction=row).order_by("position")
    return list(found.values_list("amount_minor", "category__key", "note"))


def address(row: Transaction) -> str:
    return f"/transactions/{row.pk}/split/"


def test_the_last_part_takes_what_is_left(browser: Client, bought: Transaction) -> None:
    page = browser.get(address(bought)).content.decode()
    assert 'value="25.00"' in page and page.count("<fieldset") == 2
    answer = browser.post(
        address(bought), lines(("18.50", "groceries", ""), ("", "household", "soap"), ("", "", ""))
    )
    assert answer["Location"] == f"/transactions/{bought.pk}/"
    assert splits(bought) == [(-1850, "groceries", ""), (-650, "household", "soap")]
    page = browser.get(address(bought)).content.decode()
    assert 'value="18.50"' in page and 'value="6.50"' in page and 'value="soap"' in page


def test_a_part_may_go_the_other_way(browser: Client, bought: Transaction) -> None:
    """A voucher, or a deposit that came back at the till."""
    browser.post(address(bought), lines(("30", "groceries", ""), ("-5.00", "household", "voucher")))
    assert splits(bought) == [(-3000, "groceries", ""), (500, "household", "voucher")]


def test_what_comes_in_is_split_the_same_way(browser: Client, giro: FinancialAccount) -> None:
    salary = make_posted(giro, "100.00")
    browser.post(address(salary), lines(("60", "", "wage"), ("", "", "bonus")))
    assert splits(salary) == [(6000, None, "wage"), (4000, None, "bonus")]


def test_one_part_is_not_split_any_more(browser: Client, bought: Transaction) -> None:
    browser.post(address(bought), lines(("18.50", "groceries", ""), ("", "household", "")))
    browser.post(address(bought), lines(("", "household", ""), ("", "", "")))
    assert splits(bought) == [(-2500, "household", "")]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([("18.50", "groceries", ""), ("5", "household", "")], "€1.50 are left"),
        ([("18.50", "groceries", ""), ("8", "household", "")], "-€1.50 are left"),
        ([("", "groceries", ""), ("", "household", "")], "Only one part may be without an amount"),
        ([("25", "groceries", ""), ("", "household", "")], "Nothing is left for the part"),
        ([("", "", "")], "Give at least one part"),
        ([("0", "groceries", "a"), ("25", "", "")], "A part cannot be zero"),
        ([("1.005", "groceries", ""), ("", "", "b")], "decimal"),
        ([("much", "groceries", ""), ("", "", "b")], "Enter a number"),
    ],
)
def test_what_does_not_come_to_the_whole_is_said_and_kept(
    browser: Client, bought: Transaction, rows: list[tuple[str, str, str]], problem: str
) -> None:
    answer = browser.post(address(bought), lines(*rows))
    page = answer.content.decode().replace("\N{MINUS SIGN}", "-")
    assert answer.status_code == 422 and problem in page
    assert all(f'value="{row[0]}"' in page for row in rows if row[0])
    assert splits(bought) == [(-2500, "groceries", "")]


def test_one_more_part_changes_nothing_yet(browser: Client, bought: Transaction) -> None:
    sent = lines(("18.50", "groceries", ""), ("", "household", "soap")) | {"add": ["1"]}
    page = browser.post(address(bought), sent).content.decode()
    assert page.count("<fieldset") == 3 and 'value="soap"' in page
    assert splits(bought) == [(-2500, "groceries", "")]


def test_what_is_left_is_told_while_typing(browser: Client, bought: Transaction) -> None:
    sent = lines(("18.50", "groceries", ""), ("", "household", ""))
    assert "€6.50" in browser.post(f"{address(bought)}left/", sent).content.decode()


def test_who_may_only_read_cannot_split(bought: Transaction) -> None:
    Role.objects.create(key="narrow", name="Narrow", permissions=["transactions:read"])
    viewer = signed_in(make_member(bought.tenant, "narrow"))
    assert viewer.get(address(bought)).status_code == 403
    assert viewer.post(address(bought), lines(("1", "", ""))).status_code == 403
    assert address(bought) not in viewer.get(f"/transactions/{bought.pk}/").content.decode()


def test_the_queries_do_not_grow_with_the_parts(browser: Client, bought: Transaction) -> None:
    counted = []
    for number in (2, 25):
        sent = lines(*[("0.5", "groceries", "")] * number, ("", "", "rest"))
        with CaptureQueriesContext(connection) as queries:
            browser.post(address(bought), sent)
        assert len(splits(bought)) == number + 1
        counted.append(len(queries))
    assert counted[0] == counted[1]
