"""Pages before a ledger is open: registering, signing in, resetting a password."""

from __future__ import annotations

import uuid

from django.contrib.auth import login as log_in
from django.contrib.auth import logout as log_out
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import impersonation, passwords, registration
from accounts.addresses import client_address
from accounts.devices import device_of, remember_device
from accounts.errors import AccountError
from accounts.forms import CodeForm, EmailForm, RegisterForm, ResetForm, SignInForm
from accounts.models import User
from accounts.sign_in import SignedIn, request_code, sign_in, sign_in_with_code
from accounts.tenants import to_be_set_up
from tenancy.pages import tell

CHALLENGE = "challenge_id"
NEXT = "next"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@never_cache
@sensitive_post_parameters("password")
@get_or_post
def login(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_page(request))
    form = SignInForm(request.POST or None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            outcome = sign_in(
                data["email"],
                data["password"],
                address=client_address(request),
                device=device_of(request),
            )
        except AccountError as error:
            tell(form, error)
        else:
            if isinstance(outcome, SignedIn):
                return enter(request, outcome.user, next_page(request))
            return _await_code(request, outcome.challenge_id, "code")
    context = {"form": form, "next": next_page(request)}
    page = render(request, "accounts/sign_in.html", context, status=_status(form))
    return remember_device(request, page)


@never_cache
@sensitive_post_parameters("password")
@get_or_post
def register(request: HttpRequest) -> HttpResponse:
    form = RegisterForm(request.POST or None)
    if form.is_valid():
        try:
            challenge_id = registration.register(
                **form.cleaned_data,
                language=get_language_from_request(request),
                address=client_address(request),
                **to_be_set_up(1),
            )
        except AccountError as error:
            tell(form, error)
        else:
            return _await_code(request, challenge_id, "code", start="onboarding")
    return render(request, "accounts/register.html", {"form": form}, status=_status(form))


@never_cache
@get_or_post
def code_request(request: HttpRequest) -> HttpResponse:
    """Sign in without the password."""
    form = EmailForm(request.POST or None)
    if form.is_valid():
        try:
            challenge_id = request_code(form.cleaned_data["email"], address=client_address(request))
        except AccountError as error:
            tell(form, error)
        else:
            return _await_code(request, challenge_id, "code")
    return _ask(request, form, _("Sign in with a code"), _("We send it to your e-mail address."))


@never_cache
@get_or_post
def code(request: HttpRequest) -> HttpResponse:
    """The second step: of a password, of registering, or of a code instead of a password."""
    challenge_id = _challenge(request)
    if challenge_id is None:
        return redirect("code_request")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            outcome = sign_in_with_code(
                challenge_id,
                form.cleaned_data["code"],
                address=client_address(request),
                device=device_of(request),
            )
        except AccountError as error:
            tell(form, error)
        else:
            return enter(request, outcome.user, next_page(request))
    return _code_page(request, form, _("Sign in"), "code_request")


@never_cache
@get_or_post
def password_forgotten(request: HttpRequest) -> HttpResponse:
    form = EmailForm(request.POST or None)
    if form.is_valid():
        try:
            challenge_id = passwords.request_reset(
                form.cleaned_data["email"], address=client_address(request)
            )
        except AccountError as error:
            tell(form, error)
        else:
            return _await_code(request, challenge_id, "password_reset")
    text = _("We send a code to your e-mail address; with it you choose a new password.")
    return _ask(request, form, _("Forgotten password"), text)


@never_cache
@sensitive_post_parameters("new_password")
@get_or_post
def password_reset(request: HttpRequest) -> HttpResponse:
    challenge_id = _challenge(request)
    if challenge_id is None:
        return redirect("password_forgotten")
    form = ResetForm(request.POST or None)
    if form.is_valid():
        try:
            passwords.reset(challenge_id, **form.cleaned_data, address=client_address(request))
        except AccountError as error:
            tell(form, error)
        else:
            request.session.pop(CHALLENGE, None)
            return redirect("login")
    return _code_page(request, form, _("Set the new password"), "password_forgotten")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    impersonation.end(request, "the operator signed out")
    log_out(request)
    return redirect("login")


def enter(request: HttpRequest, user: User, address: str) -> HttpResponse:
    """Start the session of somebody who has proved who they are."""
    request.session.pop(CHALLENGE, None)
    request.session.pop(NEXT, None)
    log_in(request, user)
    # Not `redirect`, which takes an address without a slash for the name of a view.
    return HttpResponseRedirect(address)


def next_page(request: HttpRequest, start: str = "dashboard") -> str:
    """Where to go after signing in: an address of ours that was asked for before, or the start."""
    asked = request.POST.get(NEXT) or request.GET.get(NEXT) or request.session.get(NEXT, "")
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse(start)


def _await_code(
    request: HttpRequest, challenge_id: uuid.UUID, page: str, *, start: str = "dashboard"
) -> HttpResponse:
    request.session[CHALLENGE] = str(challenge_id)
    request.session[NEXT] = next_page(request, start)
    return redirect(page)


def _challenge(request: HttpRequest) -> uuid.UUID | None:
    known = request.session.get(CHALLENGE)
    return uuid.UUID(known) if known else None


def _ask(request: HttpRequest, form: EmailForm, heading: str, text: str) -> HttpResponse:
    context = {"form": form, "heading": heading, "text": text}
    return render(request, "accounts/ask_code.html", context, status=_status(form))


def _code_page(request: HttpRequest, form: CodeForm, action: str, again: str) -> HttpResponse:
    context = {"form": form, "action": action, "again": reverse(again)}
    return render(request, "accounts/code.html", context, status=_status(form))


def _status(form: SignInForm | RegisterForm | EmailForm | CodeForm) -> int:
    return 422 if form.errors else 200
