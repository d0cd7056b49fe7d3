"""The form of a decision in the review queue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.forms import CategoryField, DateInput, MoneyForm, amount_field
from finance.models import AccountKind, FinancialAccount


class DecisionForm(MoneyForm):
    """What is booked when the question is accepted. Without an account to choose, one is opened:
    `new_account` is its name, `new_number` the last digits by which messages name it."""

    merchant = forms.CharField(label=_("Merchant"), max_length=200, required=False)
    amount = amount_field()
    direction = forms.ChoiceField(label=_("Direction"), choices=MoneyForm.DIRECTIONS)
    booked_on = forms.DateField(label=_("Date"), widget=DateInput())
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.filter(is_archived=False),
        label=_("Account"),
        required=False,
        empty_label=_("Open a new one"),
    )
    category = CategoryField(label=_("Category"), required=False, empty_label=_("No category"))
    new_account = forms.CharField(
        label=_("Name of the new account"), required=False, max_length=120
    )
    new_number = forms.CharField(label=_("Its last digits"), required=False, max_length=40)
    new_kind = forms.ChoiceField(
        label=_("Kind of the new account"), choices=AccountKind.choices, required=False
    )

    def __init__(self, *args: Any, has_account: bool, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Amount (%(currency)s)") % {"currency": currency}
        for field in self.fields.values():
            field.widget.is_filter = True
        if has_account:
            self.fields["account"].required = True
            self.fields["account"].empty_label = None  # type: ignore[attr-defined]
            for name in ("new_account", "new_number", "new_kind"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "new_account" in self.fields and not (data.get("account") or data.get("new_account")):
            self.add_error("new_account", _("Choose an account, or name a new one."))
        return data
