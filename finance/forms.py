"""Forms of the ledger's pages. Verbs decide what is right; forms only read what was typed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django import forms
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from accounts.forms import currencies
from finance.categories import descendants
from finance.filters import NONE
from finance.models import (
    AccountKind,
    Category,
    FinancialAccount,
    Split,
    Transaction,
    TransactionState,
)
from finance.money import InvalidMoney, Money
from finance.query import QueryError, matching, names_state
from finance.querysets import category_tree
from tenancy.change_forms import ChangeForm

INDENT = "\N{EM SPACE}"


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The tenant's tree, children indented. Archived categories cannot be chosen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Category.objects.filter(is_archived=False), **kwargs)

    def tree(self) -> list[tuple[Any, str]]:
        """Choices in the order of the tree; one query."""
        shown = [
            (category.pk, (INDENT if category.parent_id else "") + category.label)
            for category in category_tree()
            if not category.is_archived
        ]
        return [("", str(self.empty_label or "")), *shown]


class CategoryFilterField(CategoryField):
    """A category with all below it, or those without one."""

    def to_python(self, value: Any) -> Any:
        return NONE if value == NONE else super().to_python(value)

    def tree(self) -> list[tuple[Any, str]]:
        nothing, *tree = super().tree()
        return [nothing, (NONE, str(_("Without"))), *tree]


class TreeForm(forms.Form):
    """A form whose category fields offer the tree, read once. `id_prefix` keeps the ids of a form
    in the drawer apart from those of the page below."""

    id_prefix: ClassVar[str] = "id"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.id_prefix}_%s"} | kwargs)
        for field in self.fields.values():
            if isinstance(field, CategoryField):
                field.widget.choices = field.tree()


class TransactionFilterForm(TreeForm):
    """What of the list is shown; every field is optional and mirrored in the address."""

    search = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=500,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "data-key": "/",
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": _("coffee amount>5 date:last-month"),
            }
        ),
    )
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.all(), label=_("Account"), required=False, empty_label=_("All")
    )
    category = CategoryFilterField(label=_("Category"), required=False, empty_label=_("All"))
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", _("All but void")), *TransactionState.choices],
    )
    since = forms.DateField(label=_("From"), required=False, widget=DateInput())
    until = forms.DateField(label=_("To"), required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.is_filter = True

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", _("This is before the first day."))
        try:
            data["names_state"] = names_state(data.get("search", ""))
        except QueryError as error:
            self.add_error("search", str(error))
        return data

    @property
    def is_filtered(self) -> bool:
        return any(self.cleaned_data.values())

    def badges(self) -> list[tuple[str, str, str]]:
        """What a valid form narrows the list by: label, value, and the query without it."""
        shown = []
        for name in self.fields:
            value = self.cleaned_data.get(name)
            if not value:
                continue
            rest = {key: self.data[key] for key in self.data if key not in (name, "after")}
            choices = getattr(self.fields[name], "choices", None) if name == "state" else None
            text = dict(choices).get(value, value) if choices else value
            text = _("Without") if value == NONE else text
            if isinstance(value, date):
                text = date_format(value, "SHORT_DATE_FORMAT")
            label = str(self.fields[name].label)
            shown.append((label, str(getattr(text, "label", text)), f"?{urlencode(rest)}"))
        return shown

    def matching(self) -> QuerySet[Transaction]:
        """The transactions that a valid form asks for."""
        data = self.cleaned_data
        found: QuerySet[Transaction] = Transaction.objects.all()
        if data["state"]:
            found = found.filter(state=data["state"])
        elif not data["names_state"]:
            found = found.exclude(state=TransactionState.VOID)
        if data["account"]:
            found = found.filter(account=data["account"])
        if data["category"] == NONE:
            splits = Split.objects.filter(category__isnull=True)
            found = found.filter(Exists(splits.filter(transaction=OuterRef("pk"))))
        elif data["category"]:
            within = descendants(data["category"].pk)
            splits = Split.objects.filter(category__in=within)
            found = found.filter(pk__in=splits.values("transaction_id"))
        if data["since"]:
            found = found.filter(booked_on__gte=data["since"])
        if data["until"]:
            found = found.filter(booked_on__lte=data["until"])
        return matching(found, data["search"])


class MoneyForm(TreeForm):
    """A form with a positive `amount` and a `direction`."""

    DIRECTIONS: ClassVar = [("out", _("Out")), ("in", _("In"))]

    @property
    def needs_account(self) -> bool:
        """Whether there is none to choose."""
        field: Any = self.fields.get("account")
        return field is not None and not field.queryset.exists()

    def signed(self, currency: str) -> Money | None:
        """The amount in a currency, negative for “out”; None, with an error on the field, when
        the currency has fewer decimals."""
        amount: Decimal = self.cleaned_data["amount"]
        try:
            money = Money.parse(amount, currency)
        except InvalidMoney as error:
            self.add_error("amount", str(error))
            return None
        return money if self.cleaned_data["direction"] == "in" else -money


def amount_field() -> forms.DecimalField:
    return forms.DecimalField(
        label=_("Amount"),
        min_value=Decimal("0.0001"),
        max_digits=16,
        decimal_places=4,
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )


class NewTransactionForm(MoneyForm):
    id_prefix = "id_new"

    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.filter(is_archived=False), label=_("Account"), empty_label=None
    )
    direction = forms.ChoiceField(label=_("Direction"), choices=MoneyForm.DIRECTIONS)
    amount = amount_field()
    booked_on = forms.DateField(label=_("Date"), widget=DateInput())
    merchant = forms.CharField(label=_("Merchant"), max_length=200)
    category = CategoryField(label=_("Category"), required=False, empty_label=_("No category"))
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class CorrectionForm(ChangeForm, MoneyForm):
    id_prefix = "id_correct"

    booked_on = forms.DateField(label=_("Date"), widget=DateInput())
    account: forms.ModelChoiceField[FinancialAccount] = forms.ModelChoiceField(
        FinancialAccount.objects.all(), label=_("Account"), empty_label=None
    )
    direction = forms.ChoiceField(label=_("Direction"), choices=MoneyForm.DIRECTIONS)
    amount = amount_field()

    @staticmethod
    def initial_of(row: Transaction) -> dict[str, Any]:
        return {
            "booked_on": row.booked_on, "account": row.account_id,
            "direction": "out" if row.amount_minor < 0 else "in",
            "amount": abs(row.amount).decimal,
        }  # fmt: skip


class TransactionForm(ChangeForm, TreeForm):
    """What is changed in place; saved field by field."""

    id_prefix = "id_edit"

    merchant = forms.CharField(label=_("Merchant"), max_length=200, required=False)
    category = CategoryField(label=_("Category"), required=False, empty_label=_("No category"))
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=1_000,
        help_text=_("Parted by commas."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "off"}),
    )
    notes = forms.CharField(
        label=_("Notes"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    is_one_time = forms.BooleanField(
        label=_("Happens only once"), required=False, help_text=_("Kept out of averages.")
    )

    def clean_tags(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["tags"].split(",") if name.strip()]


class VoidForm(forms.Form):
    reason = forms.CharField(label=_("Why"), max_length=300, required=False)


class AccountForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    kind = forms.ChoiceField(label=_("Kind"), choices=AccountKind.choices)
    currency = forms.ChoiceField(label=_("Currency"))
    institution = forms.CharField(label=_("Bank or issuer"), max_length=120, required=False)
    group = forms.CharField(
        label=_("Group"),
        max_length=80,
        required=False,
        help_text=_("Accounts that belong together, as “Household”."),
    )
    number = forms.CharField(
        label=_("Number"),
        max_length=40,
        required=False,
        help_text=_("Whole, or its last digits: messages are matched by it. Kept encrypted."),
    )
    opening = forms.DecimalField(
        label=_("Opening balance"),
        max_digits=16,
        decimal_places=4,
        initial=0,
        help_text=_("Before the first transaction here; what is owed is negative."),
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )
    opening_on = forms.DateField(label=_("Opened on"), required=False, widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("currency", "")
        self.fields["currency"].choices = currencies(kept=kept)  # type: ignore[attr-defined]

    def opening_money(self, currency: str) -> Money | None:
        """None, with an error on the field, when the currency has fewer decimals."""
        try:
            return Money.parse(self.cleaned_data["opening"], currency)
        except InvalidMoney as error:
            self.add_error("opening", str(error))
            return None


class AccountChangeForm(ChangeForm, AccountForm):
    """The number stays unless a new one is given: it is not shown back."""

    is_archived = forms.BooleanField(label=_("Closed"), required=False)


class StatedBalanceForm(forms.Form):
    """What a statement says an account held at the end of a day."""

    stated_on = forms.DateField(label=_("At the end of"), widget=DateInput())
    balance = forms.DecimalField(
        label=_("The statement says"),
        max_digits=16,
        decimal_places=4,
        help_text=_("What is owed is negative."),
        widget=forms.NumberInput(
            attrs={"class": "money-input", "inputmode": "decimal", "step": "any"}
        ),
    )

    def money(self, currency: str) -> Money | None:
        """None, with an error on the field, when the currency has fewer decimals."""
        try:
            return Money.parse(self.cleaned_data["balance"], currency)
        except InvalidMoney as error:
            self.add_error("balance", str(error))
            return None
