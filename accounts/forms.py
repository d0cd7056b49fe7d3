"""Forms of the pages about people and who may do what."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any, Final

from babel import Locale
from babel.numbers import get_territory_currencies
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from tenancy.permissions import PERMISSIONS

CODE_INPUT: Final = {"inputmode": "numeric", "autocomplete": "one-time-code", "class": "code-input"}
ZONE_INPUT: Final = {"data-time-zone": True}


def currencies(*, also_past: bool = False, kept: str = "") -> list[tuple[str, str]]:
    """Every currency that is legal tender today, or ever was, with its name in the active
    language, by code. `kept` is one that was chosen before and stays among them."""
    here = Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
    names = {**Locale("en").currencies, **here.currencies}
    codes = names.keys() if also_past else legal_tender() | ({kept} - {""})
    return [(code, f"{code} – {names.get(code, code)}") for code in sorted(codes)]


@cache
def legal_tender() -> frozenset[str]:
    """Of some country today, by Unicode's CLDR: no Deutsche Mark and no old leu."""
    return frozenset(
        code
        for territory in Locale("en").territories
        for code in get_territory_currencies(str(territory))
    )


def time_zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )


class CodeForm(forms.Form):
    code = forms.RegexField(
        r"^\s*\d{3}\s?\d{3}\s*$",
        label=_("Code"),
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(attrs={**CODE_INPUT, "autofocus": True}),
    )

    def clean_code(self) -> str:
        return "".join(str(self.cleaned_data["code"]).split())


def new_password_field(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        strip=False,
        help_text=_("At least 8 characters, and not a common password."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


class ResetForm(CodeForm):
    new_password = new_password_field(_("New password"))


class RegisterForm(forms.Form):
    name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}),
    )
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = new_password_field(_("Password"))
    currency = forms.ChoiceField(
        label=_("Currency of your ledger"), choices=currencies, initial="EUR"
    )
    # Filled in by the browser (see app.js); what it says is checked like anything else.
    time_zone = forms.CharField(required=False, widget=forms.HiddenInput(attrs=ZONE_INPUT))

    def clean_time_zone(self) -> str:
        wanted = str(self.cleaned_data["time_zone"])
        return wanted if wanted in zoneinfo.available_timezones() else "UTC"


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)


class PasswordForm(forms.Form):
    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new_password = new_password_field(_("New password"))


class SecondFactorForm(forms.Form):
    require_otp = forms.BooleanField(
        label=_("Ask for a code as well"),
        help_text=_("After the password, a code is sent to your e-mail address."),
        required=False,
    )
    current_password = forms.CharField(
        label=_("Current password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class TenantForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    currency = forms.ChoiceField(label=_("Currency"), initial="EUR")
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zones)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = self.initial.get("currency", "")
        self.fields["currency"].choices = currencies(kept=kept)  # type: ignore[attr-defined]


class InviteForm(forms.Form):
    """Nobody becomes an administrator because nothing was chosen."""

    email = forms.EmailField(label=_("E-mail address"))
    role: forms.ModelChoiceField[Role] = forms.ModelChoiceField(
        Role.objects.all(), label=_("Role"), empty_label=_("Choose a role")
    )


class PermissionsField(forms.MultipleChoiceField):
    def __init__(self, codes: Iterable[str] = PERMISSIONS, **kwargs: Any) -> None:
        super().__init__(
            choices=[(code, PERMISSIONS[code]) for code in PERMISSIONS if code in set(codes)],
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )


class RoleForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=80)
    permissions = PermissionsField(label=_("It may"))


class TokenForm(forms.Form):
    """`held` are the codes that the maker holds: a token can be given no others."""

    name = forms.CharField(
        label=_("Name"), max_length=80, help_text=_("What will use it, so that you know it later.")
    )
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        choices=[(7, _("7 days")), (30, _("30 days")), (90, _("90 days")), (365, _("1 year"))],
        coerce=int,
        initial=90,
    )
    scopes = PermissionsField(label=_("It may"))

    def __init__(self, *args: Any, held: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scopes"] = PermissionsField(codes=held, label=_("It may"))

    @property
    def expires_at(self) -> Any:
        return timezone.now() + timedelta(days=self.cleaned_data["days"])


class NewMemberForm(forms.Form):
    """What somebody who was invited and is new here tells."""

    name = forms.CharField(label=_("Your name"), max_length=120)
    password = new_password_field(_("Password"))
