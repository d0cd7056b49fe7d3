"""Matches and transfers for tests."""

from __future__ import annotations

import itertools
import uuid

from finance.ledger import transfer
from finance.ledger.writing import insert, writing
from finance.models import Match, Transfer
from tests.finance.make import make_account, make_posted

_numbers = itertools.count(1)


def make_match(*_world: object) -> Match:
    """An open one of two equal purchases."""
    account = make_account(f"Matched {next(_numbers)}")
    first, second = make_posted(account), make_posted(account)
    return match_of(first.pk, second.pk)


def match_of(first: uuid.UUID, second: uuid.UUID, kind: str = "same") -> Match:
    reasons = [{"code": "same_amount"}, {"code": "days_apart", "value": 0}]
    match = Match(kind=kind, first_id=first, second_id=second, score=60, reasons=reasons)
    with writing():
        insert([match], "ask", [{"score": 60}])
    return match


def make_transfer(*_world: object) -> Transfer:
    outflow = make_posted(make_account(f"Giro {next(_numbers)}"), "-10")
    inflow = make_posted(make_account(f"Tagesgeld {next(_numbers)}"), "10")
    return transfer(outflow.pk, inflow.pk)
