"""Forms of the steps of setting up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.forms import currencies, time_zones
from finance.models import AccountKind, FinancialAccount
from finance.money import InvalidMoney, Money, exponent


class FormatForm(forms.Form):
    """What decides how money and dates are written."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    currency = forms.ChoiceField(
        label=_("Currency"), help_text=_("Totals are shown in it. Accounts may have others.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("currency", "")
        self.fields["currency"].choices = currencies(kept=kept)  # type: ignore[attr-defined]


class YouForm(FormatForm):
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    ledger = forms.CharField(label=_("Name of your ledger"), max_length=120)

    field_order = ("name", "ledger", "language", "currency", "time_zone")


class FoundAccountForm(forms.Form):
    """One account as messages named it. Only what a person has changed here counts: meanwhile
    other messages may have moved the rest."""

    name = forms.CharField(label=_("Name"), max_length=120, show_hidden_initial=True)
    kind = forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices, show_hidden_initial=True)
    opening = forms.DecimalField(
        label=_("Opening balance"),
        max_digits=16,
        decimal_places=4,
        show_hidden_initial=True,
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )

    def __init__(self, data: Mapping[str, Any] | None, account: FinancialAccount) -> None:
        self.account = account
        initial = {"name": account.name, "kind": account.kind, "opening": account.opening.decimal}
        super().__init__(data, initial=initial, prefix=str(account.pk))

    def clean_opening(self) -> Money:
        try:
            return Money.parse(self.cleaned_data["opening"], self.account.currency)
        except InvalidMoney as error:
            raise forms.ValidationError(
                _("%(currency)s has %(count)s decimals."),
                code="invalid",
                params={
                    "currency": self.account.currency,
                    "count": exponent(self.account.currency),
                },
            ) from error

    @property
    def changes(self) -> dict[str, Any]:
        """For `finance.accounts.change_account`."""
        return {name: self.cleaned_data[name] for name in self.changed_data}
