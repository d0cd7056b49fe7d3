"""The five pages of setting up a ledger. Who may change the ledger's settings sets it up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import profile, tenants
from accounts.errors import AccountError
from accounts.models import User
from accounts.views.settings import me
from config.demo import SAMPLES
from config.onboarding.example import example
from config.onboarding.forms import FormatForm, FoundAccountForm, YouForm
from config.onboarding.recognised import recognised, totals
from config.onboarding.steps import BY_KEY, STEPS, go_past, resumed, shown
from config.views import is_busy
from extraction.holding import begin_booking
from extraction.scheduling import pending_emails
from finance.accounts import change_account
from finance.errors import LedgerError
from finance.models import FinancialAccount, Transaction, TransactionState
from finance.querysets import open_review_items
from mail_ingest.forms import UploadForm
from mail_ingest.models import ConnectedAccount
from tenancy.models import Tenant
from tenancy.pages import is_htmx, page, tell
from tenancy.permissions import require
from tenancy.scope import current_tenant_id

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page("tenant:write")
def resume(request: HttpRequest) -> HttpResponse:
    """Where setting up goes on."""
    return redirect((resumed(_tenant()) or STEPS[0]).href)


@require_POST
@page("tenant:write")
def skip(request: HttpRequest, key: str) -> HttpResponse:
    """On to the next step without doing this one."""
    if key not in BY_KEY:
        raise Http404
    return redirect(go_past(_tenant(), BY_KEY[key]))


@get_or_post
@page("tenant:write")
def you(request: HttpRequest) -> HttpResponse:
    """Who and which currency, with an example of how money and dates will look."""
    user, tenant = me(request), _tenant()
    chosen = _formats(user, tenant)
    initial = chosen | {"name": user.name, "ledger": tenant.name}
    form = YouForm(request.POST or None, initial=initial)
    if form.is_valid():
        try:
            _introduce(user, tenant, form.cleaned_data)
        except AccountError as error:
            tell(form, error)
        else:
            return redirect(go_past(_tenant(), BY_KEY["you"]))
    shown_formats = FormatForm(request.POST or None, initial=initial)
    if shown_formats.is_valid():
        chosen = shown_formats.cleaned_data
    context = {"form": form, "example": example(request, chosen)}
    return _step(request, "you", context, 422 if form.errors else 200)


@require_safe
@page("tenant:write")
def you_example(request: HttpRequest) -> HttpResponse:
    """The example alone, for what is chosen but not saved; else as things are."""
    current = _formats(me(request), _tenant())
    form = FormatForm(request.GET, initial=current)
    return HttpResponse(example(request, form.cleaned_data if form.is_valid() else current))


@require_safe
@page("tenant:write")
def mail(request: HttpRequest) -> HttpResponse:
    """Connect a mailbox, import a file, or try the sample."""
    require("mail:write")
    context = {
        "form": UploadForm(),
        "sources": ConnectedAccount.objects.all(),
        "has_sample": SAMPLES.exists(),
        "next": BY_KEY["preview"].href,
    }
    return _step(request, "mail", context)


@get_or_post
@page("tenant:write")
def preview(request: HttpRequest) -> HttpResponse:
    """What was recognised, before anything of it is booked; and the yes that lets it."""
    require("mail:read")
    if request.method == "POST":
        if begin_booking():
            messages.success(request, _("Booking has begun."))
        return redirect(go_past(_tenant(), BY_KEY["preview"]))
    context: dict[str, Any] = {
        "is_held": _tenant().booking_held_since is not None,
        "is_busy": is_busy(),
        "totals": totals(),
        "recognised": recognised(),
    }
    if is_htmx(request):
        return render(request, "config/onboarding/_recognised.html", context)
    return _step(request, "preview", context)


@get_or_post
@page("tenant:write")
def accounts(request: HttpRequest) -> HttpResponse:
    """The accounts that messages named: accept them, or say what they are."""
    require("accounts:write")
    found = FinancialAccount.objects.filter(is_archived=False)
    forms = [FoundAccountForm(request.POST or None, account) for account in found]
    # Every form says what is wrong with it, not only the first.
    valid = [form.is_valid() for form in forms]
    if request.method == "POST" and all(valid) and _changed(forms):
        return redirect(go_past(_tenant(), BY_KEY["accounts"]))
    context = {
        "forms": forms,
        "is_held": _tenant().booking_held_since is not None,
        "is_busy": is_busy(),
    }
    return _step(request, "accounts", context, 422 if any(form.errors for form in forms) else 200)


@get_or_post
@page("tenant:write")
def progress(request: HttpRequest) -> HttpResponse:
    """How far reading has come, and what waits for the person."""
    require("transactions:read")
    waiting = open_review_items().count()
    if request.method == "POST":
        overview = go_past(_tenant(), BY_KEY["progress"])
        return redirect("review" if waiting else overview)
    booked = Transaction.objects.filter(state=TransactionState.POSTED)
    context: dict[str, Any] = {
        "is_held": _tenant().booking_held_since is not None,
        "is_busy": is_busy(),
        "read": totals().read,
        "unread": pending_emails().count(),
        "booked": booked.count(),
        "waiting": waiting,
    }
    if is_htmx(request):
        return render(request, "config/onboarding/_progress.html", context)
    return _step(request, "progress", context)


@transaction.atomic
def _introduce(user: User, tenant: Tenant, said: dict[str, Any]) -> None:
    own = {name: said[name] for name in ("name", "language", "time_zone")}
    profile.change(user, **own)
    shared = {name: said[name] for name in ("currency", "language", "time_zone")}
    tenants.change_tenant(tenant.id, name=said["ledger"], **shared)


def _changed(forms: list[FoundAccountForm]) -> bool:
    """All of them, or none where the ledger refuses one."""
    with transaction.atomic():
        for form in forms:
            try:
                if form.changes:
                    change_account(form.account.pk, form.changes)
            except LedgerError as error:
                tell(form, error)
                transaction.set_rollback(True)
                return False
    return True


def _tenant() -> Tenant:
    return Tenant.objects.get(id=current_tenant_id())


def _formats(user: User, tenant: Tenant) -> dict[str, Any]:
    return {
        "language": user.language,
        "currency": tenant.currency,
        "time_zone": tenant.time_zone,
    }


def _step(
    request: HttpRequest, key: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    step = BY_KEY[key]
    before = STEPS[step.number - 2] if step.number > 1 else None
    context |= {"step": step, "steps": shown(step, _tenant()), "before": before}
    return render(request, f"config/onboarding/{key}.html", context, status=status)
