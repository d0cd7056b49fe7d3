"""Settings: what is mine, and what belongs to the ledger."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import impersonation, passwords, profile, tenants
from accounts.addresses import client_address
from accounts.errors import AccountError
from accounts.forms import PasswordForm, ProfileForm, SecondFactorForm, TenantForm
from accounts.models import User
from tenancy.models import Tenant
from tenancy.pages import page, tell
from tenancy.permissions import may
from tenancy.scope import current_tenant_id

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Section:
    """One form of a settings page."""

    heading: str
    form: forms.BaseForm
    button: str
    action: str = ""
    is_read_only: bool = False


@get_or_post
@page()
def my_profile(request: HttpRequest) -> HttpResponse:
    user = me(request)
    current = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
    form = ProfileForm(request.POST or None, initial=current)
    if form.is_valid() and _did(form, lambda: profile.change(user, **form.cleaned_data)):
        with translation.override(user.language):
            return _saved(request, "settings")
    return _page(request, _("Profile"), [Section(user.email, form, _("Save"))])


@sensitive_post_parameters()
@get_or_post
@page()
def password(request: HttpRequest) -> HttpResponse:
    user, address = me(request), client_address(request)
    is_factor = request.GET.get("change") == "second-factor"
    posted = request.POST or None
    password_form = PasswordForm(None if is_factor else posted, auto_id="id_password_%s")
    factor_form = SecondFactorForm(
        posted if is_factor else None,
        initial={"require_otp": user.require_otp},
        auto_id="id_factor_%s",
    )

    def change_password() -> None:
        passwords.change(user, **password_form.cleaned_data, address=address)

    def change_factor() -> None:
        profile.change(user, **factor_form.cleaned_data, address=address)

    if password_form.is_valid() and _did(password_form, change_password):
        update_session_auth_hash(request, user)
        return _saved(request, "settings_password")
    if factor_form.is_valid() and _did(factor_form, change_factor):
        return _saved(request, "settings_password")
    sections = [
        Section(_("Password"), password_form, _("Change the password"), request.path),
        Section(_("Second step"), factor_form, _("Save"), f"{request.path}?change=second-factor"),
    ]
    return _page(request, _("Signing in"), sections, looked_at=impersonation.seen_by(user))


@get_or_post
@page("tenant:read", write="tenant:write")
def ledger(request: HttpRequest) -> HttpResponse:
    tenant = Tenant.objects.get(id=current_tenant_id())
    current = {"name": tenant.name, "currency": tenant.currency, "time_zone": tenant.time_zone}
    form = TenantForm(request.POST or None, initial=current)

    def change() -> None:
        tenants.change_tenant(tenant.id, **form.cleaned_data)

    if form.is_valid() and _did(form, change):
        return _saved(request, "settings_ledger")
    locked = not may("tenant:write")
    for field in form.fields.values():
        field.disabled = locked
    section = Section(_("Ledger"), form, _("Save"), is_read_only=locked)
    return _page(request, _("Ledger"), [section])


def me(request: HttpRequest) -> User:
    """The person, fresh from the database: forms and verbs change it."""
    return get_object_or_404(User, id=request.user.pk)


def _did(form: forms.BaseForm, verb: Callable[[], object]) -> bool:
    try:
        verb()
    except AccountError as error:
        tell(form, error)
        return False
    return True


def _saved(request: HttpRequest, address: str) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect(reverse(address))


def _page(request: HttpRequest, heading: str, sections: list[Section], **more: Any) -> HttpResponse:
    context: dict[str, Any] = {"heading": heading, "sections": sections, **more}
    status = 422 if any(section.form.errors for section in sections) else 200
    return render(request, "accounts/settings_form.html", context, status=status)
