"""From a query to the transactions that match it."""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Q, QuerySet

from finance.query.fields import amount_of, read_term
from finance.query.parsing import All, Node, Not, Term, parse
from finance.query.parsing import Any as Either
from finance.searching import holding, searchable


def matching(rows: QuerySet[Any], text: str) -> QuerySet[Any]:
    """Those of some transactions that match a query. Raises QueryError."""
    tree = parse(text)
    if tree == All(()):
        return rows
    return searchable(rows).filter(_condition(tree))


def names_state(text: str) -> bool:
    """Whether a query says itself which states it wants. Raises QueryError."""
    return _names_state(parse(text))


def _names_state(node: Node) -> bool:
    if isinstance(node, Term):
        of_state = node.field == "is" and node.value in ("void", "posted", "proposed", "pending")
        return node.field == "state" or of_state
    inner = (node.inner,) if isinstance(node, Not) else node.parts
    return any(map(_names_state, inner))


def _condition(node: Node) -> Q:
    if isinstance(node, Term):
        return read_term(node) if node.field else holding(node.value) | amount_of(node)
    if isinstance(node, Not):
        return ~_condition(node.inner)
    parts = [_condition(part) for part in node.parts]
    return reduce(or_ if isinstance(node, Either) else and_, parts, parts.pop(0))
