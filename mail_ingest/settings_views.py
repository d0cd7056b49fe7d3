"""The page on what of a ledger's mail is read, where it may be sent, and how long it is kept."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from mail_ingest import inbound, rules
from mail_ingest.forms import MailPolicyForm, MailRuleForm
from mail_ingest.models import InboundAddress, MailPolicy, MailRule
from mail_ingest.retention import mail_policy
from tenancy.pages import page
from tenancy.scope import current_tenant_id


@require_safe
@page("mail:read")
def mail_settings(request: HttpRequest) -> HttpResponse:
    return _shown(request)


@require_POST
@page("mail:write")
def add_rule(request: HttpRequest) -> HttpResponse:
    """Add it behind the others; the first one that fits decides."""
    form = MailRuleForm(request.POST)
    if not form.is_valid():
        return _shown(request, rule_form=form, status=422)
    row: MailRule = form.save(commit=False)
    last = MailRule.objects.order_by("-position").values_list("position", flat=True).first()
    row.position = 0 if last is None else last + 1
    row.save()
    messages.success(request, _("Saved: it holds for mail that comes from now on."))
    return redirect("mail_settings")


@require_POST
@page("mail:read")
def try_rule(request: HttpRequest) -> HttpResponse:
    """What the rule in the form would have taken of the latest messages. Saves nothing."""
    form = MailRuleForm(request.POST)
    tried = rules.preview(form.save(commit=False)) if form.is_valid() else None
    return render(request, "mail_ingest/_rule_tried.html", {"form": form, "tried": tried})


@require_POST
@page("mail:write")
def switch_rule(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    rule = get_object_or_404(MailRule, id=rule_id)
    rule.is_enabled = not rule.is_enabled
    rule.save(update_fields=["is_enabled"])
    return redirect("mail_settings")


@require_POST
@page("mail:write")
def delete_rule(request: HttpRequest, rule_id: uuid.UUID) -> HttpResponse:
    get_object_or_404(MailRule, id=rule_id).delete()
    messages.success(request, _("The rule is gone."))
    return redirect("mail_settings")


@require_POST
@page("mail:write")
def set_policy(request: HttpRequest) -> HttpResponse:
    form = MailPolicyForm(request.POST)
    if not form.is_valid():
        return _shown(request, policy_form=form, status=422)
    MailPolicy.objects.update_or_create(tenant_id=current_tenant_id(), defaults=form.cleaned_data)
    messages.success(request, _("Saved. What is overdue is forgotten tonight."))
    return redirect("mail_settings")


@require_POST
@page("mail:write")
def open_address(request: HttpRequest) -> HttpResponse:
    """The secret is shown on the page that answers, and never again."""
    return _shown(request, opened=inbound.open_address())


@require_POST
@page("mail:write")
def revoke_address(request: HttpRequest) -> HttpResponse:
    inbound.revoke_address()
    messages.success(request, _("Nothing is taken at that address any more."))
    return redirect("mail_settings")


def _shown(
    request: HttpRequest,
    *,
    rule_form: MailRuleForm | None = None,
    policy_form: MailPolicyForm | None = None,
    opened: inbound.Opened | None = None,
    status: int = 200,
) -> HttpResponse:
    address = InboundAddress.objects.filter(revoked_at=None).first()
    context: dict[str, Any] = {
        "rules": MailRule.objects.all(),
        "rule_form": rule_form or MailRuleForm(),
        "policy_form": policy_form or MailPolicyForm(instance=mail_policy()),
        "address": address,
        "mail_address": inbound.mail_address(address) if address else "",
        "takes_mail": bool(settings.INBOUND_DOMAIN),
        "opened": opened,
        "endpoint": f"{settings.PUBLIC_URL}/api/v1/inbound",
    }
    return render(request, "mail_ingest/settings.html", context, status=status)
