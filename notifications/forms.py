"""Forms of the page of preferences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.models import DeliverySettings, Frequency
from notifications.preferences import Choice

FREQUENCIES = (
    (Frequency.NOW, _("At once")),
    (Frequency.DAILY, _("Daily digest")),
    (Frequency.WEEKLY, _("Weekly digest")),
    (Frequency.OFF, _("Never")),
)
WEEKDAYS = tuple(
    enumerate(
        (
            _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"),
            _("Sunday"),
        )
    )
)  # fmt: skip


class ClockInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class DeliveryForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    class Meta:
        model = DeliverySettings
        fields = ("quiet_from", "quiet_until", "digest_at", "digest_weekday")
        labels = {
            "quiet_from": _("Quiet from"),
            "quiet_until": _("Quiet until"),
            "digest_at": _("Digests at"),
            "digest_weekday": _("Weekly digest on"),
        }
        help_texts = {"digest_weekday": ""}
        widgets = {
            "quiet_from": ClockInput(),
            "quiet_until": ClockInput(),
            "digest_at": ClockInput(),
            "digest_weekday": forms.Select(choices=WEEKDAYS),
        }


class ChoicesForm(forms.Form):
    """Two fields for each kind: `email_<kind>` and `in_app_<kind>`."""

    def __init__(self, choices: Sequence[Choice], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        for choice in choices:
            locked = choice.about.is_urgent
            self.fields[f"email_{choice.kind}"] = forms.ChoiceField(
                label=str(choice.about.name),
                choices=FREQUENCIES,
                initial=choice.email,
                disabled=locked,
            )
            self.fields[f"in_app_{choice.kind}"] = forms.BooleanField(
                label=_("In Inledger"), required=False, initial=choice.in_app, disabled=locked
            )

    def rows(self) -> list[tuple[Choice, forms.BoundField, forms.BoundField]]:
        return [
            (choice, self[f"email_{choice.kind}"], self[f"in_app_{choice.kind}"])
            for choice in self.choices
        ]

    def changed(self) -> dict[str, dict[str, Any]]:
        """{kind: what `preferences.set_preference` takes} for what differs."""
        found: dict[str, dict[str, Any]] = {}
        for choice in self.choices:
            email = Frequency(self.cleaned_data[f"email_{choice.kind}"])
            in_app = self.cleaned_data[f"in_app_{choice.kind}"]
            if (email, in_app) != (choice.email, choice.in_app):
                found[choice.kind] = {"email": email, "in_app": in_app}
        return found
