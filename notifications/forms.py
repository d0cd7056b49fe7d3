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
        fields = ("quiet_from", "quiet_until", "digest_at", "digest_weekday", "push_amounts")
        labels = {
            "quiet_from": _("Quiet from"),
            "quiet_until": _("Quiet until"),
            "digest_at": _("Digests at"),
            "digest_weekday": _("Weekly digest on"),
            "push_amounts": _("Say amounts on my devices"),
        }
        help_texts = {
            "digest_weekday": "",
            "push_amounts": _("Notices may show on a locked screen."),
        }
        widgets = {
            "quiet_from": ClockInput(),
            "quiet_until": ClockInput(),
            "digest_at": ClockInput(),
            "digest_weekday": forms.Select(choices=WEEKDAYS),
        }

    def __init__(self, *args: Any, has_devices: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_devices:
            del self.fields["push_amounts"]


class ChoicesForm(forms.Form):
    """For each kind `email_<kind>`, `in_app_<kind>` and, for who has devices, `push_<kind>`."""

    def __init__(
        self, choices: Sequence[Choice], *args: Any, has_devices: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.choices, self.has_devices = choices, has_devices
        for choice in choices:
            locked = choice.about.is_urgent
            self.fields[f"email_{choice.kind}"] = forms.ChoiceField(
                label=_("By e-mail"),
                choices=FREQUENCIES,
                initial=choice.email,
                disabled=locked,
            )
            self.fields[f"in_app_{choice.kind}"] = forms.BooleanField(
                label=_("In Inledger"), required=False, initial=choice.in_app, disabled=locked
            )
            if has_devices:
                self.fields[f"push_{choice.kind}"] = forms.BooleanField(
                    label=_("On devices"), required=False, initial=choice.push, disabled=locked
                )

    def rows(self) -> list[tuple[Choice, list[forms.BoundField]]]:
        names = ("email", "in_app", "push") if self.has_devices else ("email", "in_app")
        return [
            (choice, [self[f"{name}_{choice.kind}"] for name in names]) for choice in self.choices
        ]

    def changed(self) -> dict[str, dict[str, Any]]:
        """{kind: what `preferences.set_preference` takes} for what differs."""
        found: dict[str, dict[str, Any]] = {}
        for choice in self.choices:
            given = self.cleaned_data
            push = given.get(f"push_{choice.kind}", choice.push)
            changes: dict[str, Any] = {
                "email": Frequency(given[f"email_{choice.kind}"]),
                "in_app": given[f"in_app_{choice.kind}"],
                "push": push if push != choice.push else None,
            }
            if (changes["email"], changes["in_app"], push) != (
                choice.email, choice.in_app, choice.push,
            ):  # fmt: skip
                found[choice.kind] = changes
        return found
