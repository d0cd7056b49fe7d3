"""The page of exchange rates: what is converted by which, and the ledger's own."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import currencies
from finance.errors import LedgerError
from finance.exchange.keeping import remove_rate, set_rate
from finance.exchange.rates import rates_to
from finance.forms import DateInput
from finance.models import ExchangeRate, FinancialAccount
from finance.querysets import home, today_of
from tenancy.pages import page, tell

SHOWN = 100


class RateForm(forms.Form):
    base = forms.ChoiceField(label=gettext_lazy("One unit of"))
    rate = forms.DecimalField(
        label=gettext_lazy("Is worth"), max_digits=25, decimal_places=10,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )  # fmt: skip
    quote = forms.ChoiceField(label=gettext_lazy("Units of"))
    valid_on = forms.DateField(label=gettext_lazy("Valid from"), widget=DateInput())

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name in ("base", "quote"):
            self.fields[name].choices = currencies(also_past=True)  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@page("accounts:read", write="accounts:write")
def exchange_rates(request: HttpRequest) -> HttpResponse:
    tenant = home()
    now = today_of(tenant)
    used = FinancialAccount.objects.order_by("currency").values_list("currency", flat=True)
    foreign = [currency for currency in used.distinct() if currency != tenant.currency]
    usual = "EUR" if tenant.currency == "USD" else "USD"
    form = RateForm(
        request.POST or None,
        initial={
            "base": foreign[0] if foreign else usual, "quote": tenant.currency, "valid_on": now,
        },
    )  # fmt: skip
    if form.is_valid():
        try:
            set_rate(**form.cleaned_data)
            return redirect("exchange_rates")
        except LedgerError as error:
            tell(form, error)
    rates = rates_to(tenant.currency, [(currency, now) for currency in foreign])
    context = {
        "home": tenant.currency,
        "used": [(currency, rates.rate(currency, now)) for currency in foreign],
        "own": ExchangeRate.objects.order_by("-valid_on", "-id")[:SHOWN],
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "finance/exchange_rates.html", context, status=status)


@require_POST
@page("accounts:write")
def remove(request: HttpRequest, rate_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(ExchangeRate, pk=rate_id)
    remove_rate(rate_id)
    messages.success(request, _("Removed: the rate before it holds."))
    return redirect("exchange_rates")
