"""Choosing, starting and joining a ledger."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import invitations, registration
from accounts.access import SESSION_TENANT, Access
from accounts.addresses import client_address
from accounts.errors import AccountError
from accounts.forms import NewMemberForm, TenantForm
from accounts.models import Invitation, User
from accounts.tenants import create_tenant, to_be_set_up
from accounts.views.entry import CHALLENGE, next_page
from tenancy.models import Tenant
from tenancy.pages import signed_in, tell


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def tenants(request: HttpRequest) -> HttpResponse:
    """Which ledger to open, for somebody who shares several."""
    mine = [membership.tenant for membership in access_of(request).memberships]
    if request.method == "POST":
        wanted = request.POST.get("tenant", "")
        chosen = next((tenant for tenant in mine if str(tenant.id) == wanted), None)
        if chosen is not None:
            return _open(request, chosen, next_page(request))
        messages.error(request, _("You do not share that ledger any more."))
    return _tenants_page(request, TenantForm(), mine)


@require_POST
@signed_in
def tenant_new(request: HttpRequest) -> HttpResponse:
    form = TenantForm(request.POST)
    if form.is_valid():
        try:
            tenant = create_tenant(_user(request), **form.cleaned_data, **to_be_set_up(2))
        except AccountError as error:
            tell(form, error)
        else:
            return _open(request, tenant, reverse("onboarding"))
    mine = [membership.tenant for membership in access_of(request).memberships]
    return _tenants_page(request, form, mine)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Join a ledger: at once if signed in, else with a new account."""
    token = request.GET.get("token", "")
    try:
        found = invitations.find_open(token)
    except AccountError as error:
        told = {"problem": str(error)}
        return render(request, "accounts/invitation.html", told, status=error.status)
    is_here = request.user.is_authenticated
    posted = request.POST if request.method == "POST" else None
    form = forms.Form(posted) if is_here else NewMemberForm(posted)
    if request.method == "POST" and form.is_valid():
        try:
            return _join(request, found, token, form)
        except AccountError as error:
            tell(form, error)
    context: dict[str, Any] = {
        "form": form,
        "invitation": found,
        "ledger_name": found.tenant.name,
        "action": _("Join") if is_here else _("Make an account and join"),
        "login_url": ""
        if is_here
        else f"{reverse('login')}?{urlencode({'next': request.get_full_path()})}",
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/invitation.html", context, status=status)


def _join(request: HttpRequest, found: Invitation, token: str, form: forms.Form) -> HttpResponse:
    if request.user.is_authenticated:
        membership = invitations.accept(token, _user(request))
        return _open(request, membership.tenant, reverse("dashboard"))
    challenge_id = registration.register(
        email=found.email,
        invitation=token,
        address=client_address(request),
        **form.cleaned_data,
    )
    request.session[CHALLENGE] = str(challenge_id)
    return redirect("code")


def access_of(request: HttpRequest) -> Access:
    access: Access = request.access  # type: ignore[attr-defined] # set by ScopeMiddleware
    return access


def _user(request: HttpRequest) -> User:
    return get_object_or_404(User, id=request.user.pk)


def _open(request: HttpRequest, tenant: Tenant, address: str) -> HttpResponse:
    request.session[SESSION_TENANT] = str(tenant.id)
    return HttpResponseRedirect(address)


def _tenants_page(request: HttpRequest, form: TenantForm, mine: list[Tenant]) -> HttpResponse:
    current = access_of(request).tenant
    context = {
        "tenants": mine,
        "current_id": current.id if current else None,
        "form": form,
        "next": next_page(request),
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/tenants.html", context, status=status)
