"""Adding, changing, ordering and removing rules."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext

from finance.errors import LedgerError
from finance.ledger.movements import clean_text
from finance.ledger.references import check_tags
from finance.ledger.tagging import Tags
from finance.models import Rule, RuleTag, Transaction
from finance.query import matching
from finance.query.parsing import All, parse
from tenancy.wording import worded

FIELDS = ("name", "query", "is_enabled", "category", "merchant", "notes", "is_one_time")


def save_rule(rule: Rule, **fields: Any) -> Rule:
    """Add a rule behind the others, or change one. Raises LedgerError, QueryError."""
    tags = fields.pop("tags", None)
    if tags is not None:
        check_tags(tags)
        rule.wanted_tags = frozenset(tags)
    for name, value in fields.items():
        setattr(rule, name, clean_text(value, 500) if isinstance(value, str) else value)
    check_rule(rule)
    if rule._state.adding:
        last = Rule.objects.aggregate(last=Max("position"))["last"]
        rule.position = 0 if last is None else last + 1
    with transaction.atomic():
        rule.save()
        if tags is not None:
            rule.rule_tags.all().delete()
            RuleTag.objects.bulk_create([RuleTag(rule=rule, tag_id=tag) for tag in set(tags)])
    return rule


def wanted_tags(rule: Rule) -> Tags:
    """The tags that it sets; of a rule that is not saved yet, those it was given."""
    if rule.wanted_tags is None:
        rule.wanted_tags = frozenset(rule.rule_tags.values_list("tag_id", flat=True))
    return rule.wanted_tags


def check_rule(rule: Rule) -> None:
    """Raises LedgerError for a rule that matches everything or does nothing, QueryError."""
    if parse(rule.query) == All(()):
        raise LedgerError(
            gettext("Say which transactions the rule is for."), code="no_query", field="query"
        )
    matching(Transaction.objects.none(), rule.query)
    sets = rule.category_id or rule.merchant or rule.notes or rule.is_one_time
    if not (sets or wanted_tags(rule)):
        raise LedgerError(
            gettext("Say what they get: a category, a merchant, a note, tags, or only once."),
            code="no_action", field="category",
        )  # fmt: skip
    if not rule.name:
        rule.name = rule.query[:120]


def order_rules(ids: Sequence[uuid.UUID]) -> None:
    """The rules in a new order; those not named come behind. Raises LedgerError."""
    with transaction.atomic():
        rules = {rule.pk: rule for rule in Rule.objects.select_for_update()}
        unknown = [pk for pk in ids if pk not in rules]
        if unknown:
            raise LedgerError(
                worded("There is no rule %(id)s.", id=unknown[0]),
                code="unknown_rule",
                field="rules",
            )
        ordered = [rules.pop(pk) for pk in dict.fromkeys(ids)] + list(rules.values())
        for position, rule in enumerate(ordered):
            rule.position = position
        Rule.objects.bulk_update(ordered, ["position"])
