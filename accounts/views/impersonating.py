"""An operator looks at a ledger as one of its people: the form that begins it, and its end."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from accounts import impersonation
from accounts.access import person_of
from accounts.errors import AccountError
from accounts.models import Membership, User
from tenancy.pages import tell


class HomeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A ledger of somebody, with their role there."""

    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.tenant.name} ({obj.role.name})"


class ReasonForm(forms.Form):
    membership = HomeField(
        Membership.objects.none(),
        label=gettext_lazy("Ledger"),
        empty_label=None,
        widget=UnfoldAdminSelectWidget,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("The person reads it, and it stays on record."),
    )  # fmt: skip


def begin(request: HttpRequest, person_id: uuid.UUID) -> HttpResponse:
    """In the operators' admin; for super admins, in the scope of all tenants."""
    if not person_of(request).is_superuser:
        raise PermissionDenied
    person = get_object_or_404(User, pk=person_id)
    homes = impersonation.homes_of(person) if impersonation.is_allowed() else []
    form = ReasonForm(request.POST or None)
    home: Any = form.fields["membership"]
    home.queryset = Membership.objects.select_related("tenant", "role").filter(
        pk__in=[each.pk for each in homes]
    )
    if form.is_valid():
        try:
            data = form.cleaned_data
            impersonation.begin(request, person_of(request), data["membership"], data["reason"])
        except AccountError as error:
            tell(form, error)
        else:
            return redirect("dashboard")
    context = admin.site.each_context(request) | {
        "person": person, "form": form, "homes": homes, "title": person.email,
        "may_write": impersonation.may_write(), "minutes": impersonation.LASTS.seconds // 60,
    }  # fmt: skip
    return render(request, "admin/impersonate.html", context, status=422 if form.errors else 200)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Back to the admin, as oneself."""
    person_id = impersonation.end(request, "the operator ended it")
    if person_id is None:
        return redirect("dashboard")
    messages.success(request, _("You are yourself again."))
    return redirect(reverse("admin:accounts_user_change", args=[person_id]))
