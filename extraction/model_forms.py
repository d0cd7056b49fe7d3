"""Forms about servers of language models. Prices and caps are typed in whole units."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import currencies
from extraction.backends.base import BackendKind, Retention
from extraction.backends.kinds import PRESETS
from extraction.spending import MILLION

RETENTIONS: Final = (
    (Retention.ON_DEVICE, _("It stays on machines of my own")),
    (Retention.ZERO, _("Nothing is kept there, by a contract of mine")),
    (Retention.NOT_STORED, _("The provider is asked not to store it")),
)
MOST: Final = Decimal(1_000_000)


def money_field(label: Any, **options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, min_value=Decimal(0), max_value=MOST, decimal_places=6, localize=True,
        **options,
    )  # fmt: skip


def micros(amount: Decimal) -> int:
    return int(amount * MILLION)


def whole(amount_micros: int) -> Decimal:
    """Without zeros at its end."""
    amount = Decimal(amount_micros) / MILLION
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()


class BackendForm(forms.Form):
    """A server. What is left empty is as usual for its kind."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        initial=BackendKind.OLLAMA.value,
        choices=[(kind.value, preset.label) for kind, preset in PRESETS.items()],
    )
    label = forms.CharField(
        label=_("Name"), max_length=80, required=False, help_text=_("How it is called here.")
    )
    base_url = forms.CharField(
        label=_("Address"), max_length=300, required=False,
        help_text=_("Ends in /v1. Empty: the usual one of its kind."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off"}),
    )  # fmt: skip
    api_key = forms.CharField(
        label=_("API key"), max_length=500, required=False,
        help_text=_("Where the server wants one. It is kept encrypted and never shown again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    retention = forms.ChoiceField(
        label=_("What becomes of the text there"), required=False,
        choices=[("", _("As usual for its kind")), *RETENTIONS],
    )  # fmt: skip
    redact_names = forms.BooleanField(
        label=_("Blank names of people"), required=False, initial=True,
        help_text=_("Those of this ledger’s members, and whom a greeting names."),
    )  # fmt: skip

    def fields_given(self) -> dict[str, Any]:
        """What `connecting.register_backend` takes."""
        given = {name: value for name, value in self.cleaned_data.items() if value != ""}
        return {"label": PRESETS[BackendKind(given["kind"])].label} | given


class PriceForm(forms.Form):
    """What a million tokens cost, from today on."""

    currency = forms.ChoiceField(label=_("Currency"), choices=currencies, initial="USD")
    prompt = money_field(_("A million tokens of questions"))
    cached = money_field(_("… of those it remembered"), required=False)
    completion = money_field(_("A million tokens of answers"))

    def price(self) -> dict[str, Any]:
        """The fields of a ModelPrice."""
        given = self.cleaned_data
        cached = given["prompt"] if given["cached"] is None else given["cached"]
        return {
            "currency": given["currency"], "prompt": micros(given["prompt"]),
            "cached": micros(cached), "completion": micros(given["completion"]),
        }  # fmt: skip


class PolicyForm(forms.Form):
    """What models may cost in a calendar month."""

    cap = money_field(_("At most in a calendar month"))
    currency = forms.ChoiceField(label=_("Currency"))
    allows_unpriced = forms.BooleanField(
        label=_("Models without a price may be asked"), required=False,
        help_text=_("Those on machines of your own cost nothing but electricity."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("currency", "")
        self.fields["currency"].choices = currencies(kept=kept)  # type: ignore[attr-defined]

    def policy(self) -> dict[str, Any]:
        """The fields of a ModelPolicy."""
        given = self.cleaned_data
        return {
            "monthly_cap_micros": micros(given["cap"]), "currency": given["currency"],
            "allows_unpriced": given["allows_unpriced"],
        }  # fmt: skip
