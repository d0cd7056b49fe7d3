"""Forms of bills."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.budgets.forms import PlanForm, currency_field, money_field
from finance.forms import DateInput
from finance.models import AccountKind, Bill, FinancialAccount
from tenancy.change_forms import ChangeForm


class BillForm(ChangeForm, PlanForm):
    payee = forms.CharField(label=_("Payee"), max_length=200)
    amount = money_field(_("Amount"))
    currency = currency_field()
    due_on = forms.DateField(label=_("Due"), required=False, widget=DateInput())
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.filter(kind__in=(AccountKind.CREDIT_CARD, AccountKind.LOAN)),
        label=_("For the card or loan"), required=False, empty_label=_("None of mine"),
    )  # fmt: skip
    reference = forms.CharField(label=_("Reference"), max_length=100, required=False)
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "id_bill_%s"} | kwargs)

    @staticmethod
    def initial_of(bill: Bill) -> dict[str, Any]:
        plain = ("payee", "currency", "due_on", "reference", "notes")
        return {name: getattr(bill, name) for name in plain} | {
            "amount": bill.amount.decimal if bill.amount else None,
            "account": bill.account_id,
        }

    def fields_of_bill(self) -> dict[str, Any] | None:
        """As `add_bill` takes them; None, with an error on a field."""
        data = dict(self.cleaned_data)
        amount = self.money("amount")
        if amount is None:
            return None
        account: FinancialAccount | None = data.pop("account")
        data.pop("currency")
        return data | {"amount": amount, "account_id": account.pk if account else None}
