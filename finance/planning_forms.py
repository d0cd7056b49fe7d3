"""Forms of the pages about what is planned: recurring transactions, budgets, goals, bills."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.forms import CategoryField, DateInput, MoneyForm, amount_field
from finance.models import (
    FinancialAccount,
    RecurrenceDay,
    RecurrenceUnit,
    Recurring,
    RecurringMode,
    RecurringState,
)
from finance.money import InvalidMoney, Money
from finance.recurring.templates import MOST_DAYS_AHEAD, MOST_STEPS
from tenancy.change_forms import ChangeForm


class DueForm(forms.Form):
    due_on = forms.DateField()


class RecurringForm(MoneyForm):
    id_prefix = "id_recurring"

    name = forms.CharField(label=_("Name"), max_length=120)
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.filter(is_archived=False), label=_("Account"), empty_label=None
    )
    direction = forms.ChoiceField(label=_("Direction"), choices=MoneyForm.DIRECTIONS)
    amount = amount_field()
    amount_to = forms.DecimalField(
        label=_("Up to"), required=False, min_value=Decimal("0.0001"), max_digits=16,
        decimal_places=4, help_text=_("Where the amount varies."),
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )  # fmt: skip
    mode = forms.ChoiceField(
        label=_("When it is due"), choices=RecurringMode.choices, initial=RecurringMode.ASK,
        help_text=_("Watch for what your bank's mail or statements report anyway."),
    )  # fmt: skip
    anchor_on = forms.DateField(label=_("First due"), widget=DateInput())
    every = forms.IntegerField(label=_("Every"), min_value=1, max_value=MOST_STEPS, initial=1)
    unit = forms.ChoiceField(
        label=_("Unit"), choices=RecurrenceUnit.choices, initial=RecurrenceUnit.MONTH
    )
    day = forms.ChoiceField(label=_("Day"), choices=RecurrenceDay.choices)
    until = forms.DateField(label=_("Until"), required=False, widget=DateInput())
    merchant = forms.CharField(label=_("Merchant"), max_length=200, required=False)
    category = CategoryField(label=_("Category"), required=False, empty_label=_("No category"))
    remind_days = forms.IntegerField(
        label=_("Remind, days ahead"), min_value=0, max_value=MOST_DAYS_AHEAD, required=False
    )

    @staticmethod
    def initial_of(row: Recurring) -> dict[str, Any]:
        plain = ("name", "mode", "anchor_on", "every", "unit", "day", "until", "merchant",
                 "remind_days", "state")  # fmt: skip
        return {name: getattr(row, name) for name in plain} | {
            "account": row.account_id,
            "category": row.category_id,
            "direction": "out" if row.amount_minor < 0 else "in",
            "amount": abs(row.amount).decimal,
            "amount_to": abs(row.amount_to).decimal if row.amount_to else None,
        }

    def fields_of_template(self) -> dict[str, Any] | None:
        """As `Template` takes them; None, with an error on a field, for an amount that the
        account's currency does not have."""
        data = dict(self.cleaned_data)
        account: FinancialAccount = data.pop("account")
        amount = self.signed(account.currency)
        other = self._other(account.currency)
        if self.errors:
            return None
        for name in ("direction", "state"):
            data.pop(name, None)
        category = data.pop("category")
        return data | {
            "account_id": account.pk,
            "category_id": category.pk if category else None,
            "amount": amount,
            "amount_to": other,
        }

    def _other(self, currency: str) -> Money | None:
        text = self.cleaned_data["amount_to"]
        if text is None:
            return None
        try:
            found = Money.parse(text, currency)
        except InvalidMoney as error:
            self.add_error("amount_to", str(error))
            return None
        return found if self.cleaned_data["direction"] == "in" else -found


class RecurringChangeForm(ChangeForm, RecurringForm):
    state = forms.ChoiceField(label=_("State"), choices=RecurringState.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What it is booked to stays a choice after the account was closed, so that it can end.
        self.fields["account"].queryset = FinancialAccount.objects.all()  # type: ignore[attr-defined]
