"""The form that parts a transaction among categories."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from finance.forms import CategoryField
from finance.ledger import Part
from finance.money import InvalidMoney, Money
from finance.templatetags.money import plain_money

MOST_PARTS: Final = 30
# So many lines are offered where a transaction is not split yet.
OFFERED: Final = 2
NAMES: Final = ("amount", "category", "note")


class PartForm(forms.Form):
    """One part. Its amount has the transaction's direction; negative, the other one."""

    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), required=False, max_digits=16, decimal_places=4,
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )  # fmt: skip
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, choices: Sequence[tuple[Any, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = choices  # type: ignore[attr-defined]

    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) for name in NAMES) and not self.errors


class SplitForm:
    """The parts of a transaction of this amount, with one line each. Of those that are sent, one
    may leave its amount empty: it takes what the others leave. Lines without anything are no
    parts."""

    def __init__(self, whole: Money, parts: Sequence[Part], sent: QueryDict | None = None) -> None:
        self.whole = whole
        self.problem = ""
        self._choices = CategoryField(required=False, empty_label=_("No category")).tree()
        self._sign = -1 if whole.minor < 0 else 1
        self.lines = self._sent(sent) if sent is not None else self._kept(parts)

    def add_line(self) -> None:
        if len(self.lines) < MOST_PARTS:
            self.lines.append(self._line(len(self.lines)))

    def parts(self) -> tuple[Part, ...] | None:
        """None, with an error on a line or as `problem`, where they do not come to the whole."""
        valid = [line.is_valid() for line in self.lines]
        filled = [line for line in self.lines if not line.is_empty()]
        amounts = [self._amount(line) for line in filled]
        if not all(valid) or any(line.errors for line in filled):
            return None
        left = self.whole.minor - sum(amount.minor for amount in amounts if amount is not None)
        problem = self._problem(amounts, left)
        if problem:
            self.problem = problem
            return None
        rest = Money(left, self.whole.currency)
        return tuple(
            Part(rest if amount is None else amount, _category(line), line.cleaned_data["note"])
            for line, amount in zip(filled, amounts, strict=True)
        )

    def left(self) -> Money:
        """What the amounts so far leave, in the transaction's direction."""
        if not any(line.is_bound for line in self.lines):
            return Money(0, self.whole.currency)
        given = [self._amount(line) for line in self.lines if line.is_valid()]
        minor = self.whole.minor - sum(amount.minor for amount in given if amount is not None)
        return Money(self._sign * minor, self.whole.currency)

    def _problem(self, amounts: Sequence[Money | None], left: int) -> str:
        open_count = sum(amount is None for amount in amounts)
        if not amounts:
            return _("Give at least one part.")
        if open_count > 1:
            return _("Only one part may be without an amount: it takes what is left.")
        if open_count and not left:
            return _("Nothing is left for the part without an amount.")
        if not open_count and left:
            rest = plain_money(Money(self._sign * left, self.whole.currency))
            return _(
                "The parts do not come to %(whole)s: %(left)s are left. Leave one amount empty,"
                " and it takes what is left."
            ) % {"whole": plain_money(abs(self.whole)), "left": rest}
        return ""

    def _amount(self, line: PartForm) -> Money | None:
        """Of a line that has one."""
        value = line.cleaned_data.get("amount")
        if value is None:
            return None
        try:
            money = Money.parse(value, self.whole.currency)
        except InvalidMoney as error:
            line.add_error("amount", str(error))
            return None
        if not money.minor:
            line.add_error("amount", _("A part cannot be zero."))
        return money if self._sign > 0 else -money

    def _kept(self, parts: Sequence[Part]) -> list[PartForm]:
        lines = [
            self._line(at, initial={
                "amount": (part.amount if self._sign > 0 else -part.amount).decimal,
                "category": str(part.category_id or ""), "note": part.note,
            })
            for at, part in enumerate(parts)
        ]  # fmt: skip
        return lines + [self._line(at) for at in range(len(lines), OFFERED)]

    def _sent(self, sent: QueryDict) -> list[PartForm]:
        columns = [sent.getlist(name)[:MOST_PARTS] for name in NAMES]
        rows = zip(*columns, strict=False)
        return [self._line(at, data=dict(zip(NAMES, row, strict=True)))
                for at, row in enumerate(rows)]  # fmt: skip

    def _line(self, at: int, **kwargs: Any) -> PartForm:
        return PartForm(auto_id=f"id_part_{at + 1}_%s", choices=self._choices, **kwargs)


def _category(line: PartForm) -> uuid.UUID | None:
    chosen = line.cleaned_data["category"]
    return uuid.UUID(str(chosen)) if chosen else None
