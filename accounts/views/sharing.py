"""Settings: members, invitations, roles and API tokens."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import api_tokens, invitations, members, roles
from accounts.errors import AccountError
from accounts.forms import InviteForm, RoleForm, TokenForm
from accounts.models import ApiToken, Invitation, Membership, Role
from tenancy.pages import page, tell
from tenancy.permissions import PERMISSIONS, may
from tenancy.scope import current_scope

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@get_or_post
@page("members:read", write="members:write")
def member_list(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            invitations.invite(**form.cleaned_data)
        except AccountError as error:
            tell(form, error)
        else:
            return redirect("settings_members")
    return _members_page(request, form)


@require_POST
@page("members:read", write="members:write")
def member_role(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    member = get_object_or_404(Membership.objects.select_related("role", "user"), id=member_id)
    role = get_object_or_404(Role, id=_uuid(request.POST.get("role", "")))
    return _or_problem(request, lambda: members.change_member_role(member, role))


@require_POST
@page("members:read", write="members:write")
def member_remove(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    member = get_object_or_404(Membership.objects.select_related("role", "user"), id=member_id)
    return _or_problem(request, lambda: members.remove_member(member))


@require_POST
@page("members:read", write="members:write")
def invitation_revoke(request: HttpRequest, invitation_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Invitation, id=invitation_id)
    return _or_problem(request, lambda: invitations.revoke_invitation(found))


@get_or_post
@page("members:read", write="members:write")
def role_list(request: HttpRequest) -> HttpResponse:
    form = RoleForm(request.POST or None)
    if form.is_valid():
        try:
            roles.create_role(form.cleaned_data["name"], form.cleaned_data["permissions"])
        except AccountError as error:
            tell(form, error)
        else:
            return redirect("settings_roles")
    return _roles_page(request, form)


@require_POST
@page("members:read", write="members:write")
def role_delete(request: HttpRequest, role_id: uuid.UUID) -> HttpResponse:
    try:
        roles.delete_role(get_object_or_404(Role, id=role_id))
    except AccountError as error:
        return _roles_page(request, RoleForm(), problem=str(error))
    return redirect("settings_roles")


@never_cache
@get_or_post
@page("tokens:read", write="tokens:write")
def token_list(request: HttpRequest) -> HttpResponse:
    """One's own tokens. A new one is shown in the answer to the form that made it, and there
    alone."""
    membership = get_object_or_404(Membership.objects.select_related("role"), user=request.user.pk)
    form = TokenForm(request.POST or None, held=membership.role.codes)
    secret = ""
    if form.is_valid():
        data = form.cleaned_data
        try:
            _token, secret = api_tokens.make_token(
                membership, data["name"], data["scopes"], form.expires_at
            )
        except AccountError as error:
            tell(form, error)
        else:
            form = TokenForm(held=membership.role.codes)
    context = {
        "tokens": ApiToken.objects.filter(membership=membership, revoked_at=None),
        "secret": secret,
        "form": form if may("tokens:write") else None,
    }
    status = 422 if form.errors else 200
    return render(request, "accounts/settings_tokens.html", context, status=status)


@require_POST
@page("tokens:read", write="tokens:write")
def token_revoke(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    mine = ApiToken.objects.filter(membership__user=request.user.pk)
    api_tokens.revoke_token(get_object_or_404(mine, id=token_id))
    return redirect("settings_tokens")


def _or_problem(request: HttpRequest, verb: Callable[[], object]) -> HttpResponse:
    try:
        verb()
    except AccountError as error:
        return _members_page(request, InviteForm(), problem=str(error))
    return redirect("settings_members")


def _members_page(request: HttpRequest, form: InviteForm, problem: str = "") -> HttpResponse:
    open_now = invitations.open_invitations().filter(expires_at__gt=timezone.now())
    context: dict[str, Any] = {
        "members": Membership.objects.select_related("user", "role"),
        "invitations": open_now.select_related("role"),
        "roles": list(Role.objects.all()),
        "form": form if may("members:write") else None,
        "problem": problem,
    }
    status = 422 if problem or form.errors else 200
    return render(request, "accounts/settings_members.html", context, status=status)


def _roles_page(request: HttpRequest, form: RoleForm, problem: str = "") -> HttpResponse:
    found = list(Role.objects.all())
    for role in found:
        role.labels = [label for code, label in PERMISSIONS.items() if code in role.codes]
    held = current_scope().permissions
    form.fields["permissions"].choices = [  # type: ignore[attr-defined]
        (code, label) for code, label in PERMISSIONS.items() if code in held
    ]
    context = {"roles": found, "form": form if may("members:write") else None, "problem": problem}
    status = 422 if problem or form.errors else 200
    return render(request, "accounts/settings_roles.html", context, status=status)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
