"""Forms of budgets and goals."""

from __future__ import annotations

import re
import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms import currencies
from finance.budgets.plans import AVERAGES, MOST_STEPS
from finance.budgets.status import Status
from finance.forms import INDENT, DateInput, amount_field
from finance.models import BudgetUnit, CategoryKind, FinancialAccount, Goal, Rollover
from finance.money import InvalidMoney, Money
from finance.querysets import category_tree
from finance.templatetags.money import plain_money
from tenancy.change_forms import ChangeForm


def currency_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=_("Currency"),
        choices=currencies,
    )


def money_field(label: Any, *, is_required: bool = True, help_text: Any = "") -> forms.DecimalField:
    field = amount_field()
    field.label, field.required, field.help_text = label, is_required, help_text
    return field


class PlanForm(forms.Form):
    """A form with amounts in the currency that its own field says."""

    def money(self, name: str) -> Money | None:
        """None where nothing was given, and, with an error on the field, where the currency has
        fewer decimals."""
        amount: Decimal | None = self.cleaned_data[name]
        if amount is None:
            return None
        try:
            return Money.parse(amount, self.cleaned_data["currency"])
        except InvalidMoney as error:
            self.add_error(name, str(error))
            return None


class BudgetForm(PlanForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    amount = money_field(_("Amount for each period"))
    currency = currency_field()
    categories = forms.MultipleChoiceField(
        label=_("Categories"), required=False,
        help_text=_("Each with all below it. None: everything that is spent."),
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )  # fmt: skip
    starts_on = forms.DateField(
        label=_("A period starts on"), widget=DateInput(),
        help_text=_("The first of a month, a Monday, a pay day."),
    )  # fmt: skip
    every = forms.IntegerField(label=_("and lasts"), min_value=1, max_value=MOST_STEPS, initial=1)
    unit = forms.ChoiceField(label=_("Unit"), choices=BudgetUnit.choices, initial=BudgetUnit.MONTH)
    rollover = forms.ChoiceField(label=_("Into the next period goes"), choices=Rollover.choices)
    thresholds = forms.CharField(
        label=_("Tell me at"), required=False, initial="80, 100", max_length=40,
        help_text=_("Percentages, once a period each."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_budget_%s"} | kwargs)
        self.fields["categories"].choices = [  # type: ignore[attr-defined]
            (str(category.pk), (INDENT if category.parent_id else "") + category.label)
            for category in category_tree()
            if category.kind == CategoryKind.EXPENSE and not category.is_archived
        ]

    def clean_thresholds(self) -> list[int]:
        text = self.cleaned_data["thresholds"].replace("%", " ")
        words = re.split(r"[\s,;]+", text.strip()) if text.strip() else []
        if not all(re.fullmatch(r"[0-9]{1,4}", word) for word in words):
            raise forms.ValidationError(gettext("Give whole percentages, like 80, 100."))
        return [int(word) for word in words]

    def fields_of_plan(self) -> dict[str, Any] | None:
        """As `Plan` takes them; None, with an error on a field."""
        data = dict(self.cleaned_data)
        amount = self.money("amount")
        if amount is None:
            return None
        for name in ("currency", "amount", "period_amount", "is_archived", "on"):
            data.pop(name, None)
        chosen = [uuid.UUID(pk) for pk in data.pop("categories")]
        return data | {"amount": amount, "category_ids": chosen}


class BudgetChangeForm(ChangeForm, BudgetForm):
    on = forms.DateField(required=False, widget=forms.HiddenInput)
    period_amount = money_field(
        _("Another amount for this period"), is_required=False,
        help_text=_("Empty: the amount above."),
    )  # fmt: skip
    is_archived = forms.BooleanField(label=_("Archived"), required=False)

    def tell_history(self, status: Status) -> None:
        """What was spent before, beside the amount."""
        self.fields["amount"].help_text = gettext(
            "The last %(n)d periods: %(average)s on average, %(median)s in the middle."
        ) % {
            "n": len(status.history),
            "average": plain_money(status.average),
            "median": plain_money(status.median),
        }

    @staticmethod
    def initial_of(status: Status, own: int | None) -> dict[str, Any]:
        budget = status.budget
        plain = ("name", "currency", "starts_on", "every", "unit", "rollover", "is_archived")
        return {name: getattr(budget, name) for name in plain} | {
            "amount": budget.amount.decimal,
            "categories": [str(pk) for pk in status.categories],
            "thresholds": ", ".join(map(str, budget.thresholds)),
            "period_amount": None if own is None else Money(own, budget.currency).decimal,
        }


class FillForm(forms.Form):
    on = forms.DateField(required=False)
    periods = forms.TypedChoiceField(choices=[(n, n) for n in AVERAGES], coerce=int)


class DayForm(forms.Form):
    on = forms.DateField(required=False)


class GoalForm(PlanForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    target = money_field(_("Target"))
    currency = currency_field()
    target_on = forms.DateField(label=_("Until"), required=False, widget=DateInput())
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.all(), label=_("Saved on"), required=False,
        empty_label=_("No account: I enter what I set aside"),
    )  # fmt: skip
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_goal_%s"} | kwargs)

    def fields_of_goal(self) -> dict[str, Any] | None:
        """As `add_goal` takes them; None, with an error on a field."""
        data = dict(self.cleaned_data)
        target = self.money("target")
        if target is None:
            return None
        account: FinancialAccount | None = data.pop("account")
        data.pop("currency")
        return data | {"target": target, "account_id": account.pk if account else None}


class GoalChangeForm(ChangeForm, GoalForm):
    is_archived = forms.BooleanField(label=_("Archived"), required=False)

    @staticmethod
    def initial_of(goal: Goal) -> dict[str, Any]:
        plain = ("name", "currency", "target_on", "notes", "is_archived")
        return {name: getattr(goal, name) for name in plain} | {
            "target": goal.target.decimal,
            "account": goal.account_id,
        }


class ContributionForm(forms.Form):
    amount = forms.DecimalField(max_digits=16, decimal_places=4)
