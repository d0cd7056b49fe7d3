"""Two people with one form open: nothing that either typed is lost, and they are told."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import escape
from django.utils.translation import override

from tenancy.change_forms import ChangeForm
from tests.pages import form_values


class PlanForm(ChangeForm):
    name = forms.CharField()
    amount = forms.DecimalField(required=False)
    on = forms.DateField(required=False)
    is_open = forms.BooleanField(required=False)
    kind = forms.ChoiceField(choices=[("a", "Apple"), ("", "None"), ("b", "Pear")], required=False)
    parts = forms.MultipleChoiceField(choices=[("1", "One"), ("2", "Two")], required=False)
    notes = forms.CharField(required=False, widget=forms.Textarea)


SHOWN: dict[str, Any] = {
    "name": "Rent", "amount": Decimal("10.00"), "on": date(2026, 5, 1), "is_open": True,
    "kind": "a", "parts": ["1"], "notes": "one\r\ntwo ",
}  # fmt: skip
TYPED = "name=Rent&amount=10.00&on=2026-05-01&is_open=on&kind=a&parts=1&notes=one%0D%0Atwo"


def post(typed: str, now: dict[str, Any], shown: dict[str, Any] = SHOWN) -> PlanForm:
    """What a browser sends that was shown `shown`, while `now` stands."""
    data = QueryDict(typed, mutable=True)
    before = str(PlanForm(initial=shown))
    for name, value in form_values(before).items():
        if name.startswith("initial-") and name != "initial-parts":
            data[name] = unescape(value)
    data.setlist("initial-parts", shown["parts"])
    data["initial-notes"] = shown["notes"]
    return PlanForm(data, initial=now)


def test_what_nobody_else_has_changed_is_taken_as_typed() -> None:
    form = post(TYPED.replace("Rent", "Flat").replace("&is_open=on", ""), SHOWN)
    assert form.is_valid(), form.errors
    assert (form.cleaned_data["name"], form.cleaned_data["is_open"]) == ("Flat", False)
    assert form.kept_text() == ""


def test_what_was_changed_elsewhere_alone_is_kept_and_told() -> None:
    now = SHOWN | {
        "amount": Decimal("12.50"), "on": None, "is_open": False, "kind": "b",
        "parts": ["1", "2"], "notes": "three",
    }  # fmt: skip
    form = post(TYPED.replace("Rent", "Flat"), now)
    assert form.is_valid(), form.errors
    assert form.cleaned_data == now | {"name": "Flat"}
    assert form.kept == ["Amount", "On", "Is open", "Kind", "Parts", "Notes"]
    assert "meanwhile: Amount, On" in form.kept_text()


def test_what_was_changed_on_both_sides_is_refused_once() -> None:
    now = SHOWN | {"name": "<Home>", "amount": None, "on": date(2026, 5, 3), "kind": "b",
                   "parts": ["2"], "is_open": False}  # fmt: skip
    typed = "name=Flat&amount=11&on=2026-05-02&is_open=on&kind=&parts=1&parts=2&notes=mine"
    form = post(typed, now)
    assert form.errors["name"] == [
        "Somebody has changed this to “<Home>” meanwhile. Save again to keep yours."
    ]
    assert "emptied" in form.errors["amount"][0] and "3 May 2026" in form.errors["on"][0]
    assert "“Pear”" in form.errors["kind"][0] and "“Two”" in form.errors["parts"][0]
    assert form.kept == ["Is open"]
    # It comes back as it was typed; sent once more, it is taken.
    html = str(form)
    assert form_values(html)["name"] == "Flat"
    assert form_values(html)["initial-name"] == escape("<Home>")
    again = post(typed.replace("&is_open=on", ""), now, now)
    assert again.is_valid() and again.cleaned_data["name"] == "Flat"


def test_who_typed_the_same_is_not_asked() -> None:
    form = post(TYPED.replace("Rent", "Flat"), SHOWN | {"name": "Flat"})
    assert form.is_valid() and form.kept == []


def test_nonsense_is_refused_as_ever_and_never_fails() -> None:
    form = post(TYPED.replace("10.00", "x"), SHOWN | {"amount": Decimal(3)})
    assert list(form.errors) == ["amount"]
    data = QueryDict(TYPED + "&initial-amount=x&initial-on=x&initial-is_open=")
    assert not PlanForm(data, initial=SHOWN | {"on": date(2026, 6, 1)}).errors.get("name")


def test_a_program_that_sends_no_more_than_its_fields_is_heard() -> None:
    form = PlanForm(QueryDict("name=Flat"), initial=SHOWN)
    assert form.is_valid() and form.cleaned_data["name"] == "Flat"


def test_it_is_told_in_german() -> None:
    with override("de"):
        form = post(TYPED.replace("Rent", "Flat"), SHOWN | {"name": "Haus"})
        assert "„Haus“" in form.errors["name"][0]
