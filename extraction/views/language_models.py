"""Pages about language models: servers, which of their models is asked, and what that may cost."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from extraction import connecting, spending
from extraction.asking import people
from extraction.backends.base import Outcome
from extraction.backends.client import request_of
from extraction.model_forms import BackendForm, PolicyForm, PriceForm, whole
from extraction.models import LanguageModel, LLMTransaction, ModelBackend, ModelPolicy, ModelPrice
from extraction.pipeline import stored_document
from extraction.questions import question
from mail_ingest.models import Email
from mail_ingest.screening import Screening
from tenancy.errors import DomainError
from tenancy.models import Tenant
from tenancy.pages import page, tell
from tenancy.permissions import may
from tenancy.scope import current_tenant_id

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Used:
    """What a model used and cost in this calendar month."""

    model: str
    backend: str
    calls: int
    questions: int
    answers: int
    cost: Decimal | None
    currency: str


@never_cache
@get_or_post
@page("models:read", write="models:write")
def language_models(request: HttpRequest) -> HttpResponse:
    """All servers; the form connects another, which is asked nothing of anybody's yet."""
    form = BackendForm(request.POST or None)
    if form.is_valid():
        try:
            row = connecting.register_backend(**form.fields_given())
            connecting.check_backend(row)
            return redirect("model_backend", row.pk)
        except DomainError as error:
            tell(form, error)
    return _listed(request, form=form)


def _listed(
    request: HttpRequest, *, form: BackendForm | None = None, policy_form: PolicyForm | None = None
) -> HttpResponse:
    tenant = Tenant.objects.get(pk=current_tenant_id())
    policy: ModelPolicy | None = ModelPolicy.objects.first()
    form, policy_form = form or BackendForm(), policy_form or _policy_form(policy, tenant)
    spent = spending.spent_micros(policy.currency, tenant) if policy else 0
    context = {
        "backends": ModelBackend.objects.filter(retired_at=None).prefetch_related("models"),
        "policy": policy,
        "cap": whole(policy.monthly_cap_micros) if policy else None,
        "spent": whole(spent),
        "used": _used(tenant),
        "form": form if may("models:write") else None,
        "policy_form": policy_form if may("models:write") else None,
    }
    status = 422 if form.errors or policy_form.errors else 200
    return render(request, "extraction/language_models.html", context, status=status)


def _policy_form(policy: ModelPolicy | None, tenant: Tenant) -> PolicyForm:
    if policy is None:
        return PolicyForm(initial={"cap": 0, "currency": tenant.currency})
    return PolicyForm(
        initial={
            "cap": whole(policy.monthly_cap_micros), "currency": policy.currency,
            "allows_unpriced": policy.allows_unpriced,
        }
    )  # fmt: skip


def _used(tenant: Tenant) -> list[Used]:
    """One query."""
    rows = (
        LLMTransaction.objects.filter(created_at__gte=spending.month_begins(tenant))
        .order_by()
        .values("requested_model", "backend", "currency")
        .annotate(
            calls=Count("pk"), questions=Sum("prompt_tokens"), answers=Sum("completion_tokens"),
            cost=Sum("cost_micros"),
        )
    )  # fmt: skip
    return [
        Used(
            row["requested_model"], row["backend"], row["calls"], row["questions"] or 0,
            row["answers"] or 0, None if row["cost"] is None else whole(row["cost"]),
            row["currency"],
        )
        for row in rows.order_by("-calls", "requested_model")
    ]  # fmt: skip


@require_POST
@page("models:write")
def set_policy(request: HttpRequest) -> HttpResponse:
    policy: ModelPolicy | None = ModelPolicy.objects.first()
    kept = policy.currency if policy else Tenant.objects.get(pk=current_tenant_id()).currency
    form = PolicyForm(request.POST, initial={"currency": kept})
    if not form.is_valid():
        return _listed(request, policy_form=form)
    ModelPolicy.objects.update_or_create(tenant_id=current_tenant_id(), defaults=form.policy())
    messages.success(request, _("Saved."))
    return redirect("language_models")


@never_cache
@require_safe
@page("models:read")
def backend(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    return _shown(request, _backend(backend_id))


def _shown(
    request: HttpRequest,
    row: ModelBackend,
    *,
    names: tuple[str, ...] = (),
    price_form: PriceForm | None = None,
) -> HttpResponse:
    """`names` are the models that the server has told of just now."""
    model: LanguageModel | None = row.models.filter(is_enabled=True).first()
    price = spending.price_on(model, timezone.now().date()) if model else None
    context = {
        "backend": row,
        "model": model,
        "names": names,
        "price": price and {"prompt": whole(price.prompt), "cached": whole(price.cached),
                            "completion": whole(price.completion), "currency": price.currency},
        "price_form": price_form or PriceForm(),
        "policy": ModelPolicy.objects.first(),
        "calls": LLMTransaction.objects.filter(backend=row.label)[:10],
    }  # fmt: skip
    status = 422 if price_form is not None else 200
    return render(request, "extraction/model_backend.html", context, status=status)


@require_POST
@page("models:write")
def check(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    """Is it up, and which models has it?"""
    row = _backend(backend_id)
    health = connecting.check_backend(row)
    return _shown(request, row, names=health.models)


@require_POST
@page("models:write")
def use(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    """Find out how a model takes questions, and ask it from now on."""
    row, name = _backend(backend_id), request.POST.get("model", "").strip()[:120]
    if not name:
        messages.error(request, _("Say which model."))
        return redirect("model_backend", row.pk)
    answer = connecting.probe_backend(row, name)
    if answer.outcome == Outcome.OK:
        done = _("From now on %(model)s is asked.") % {"model": name}
        _do(request, lambda: connecting.enable_model(row, name), done)
    else:
        messages.error(
            request,
            _("%(model)s is not used: it did not answer as it must. %(why)s")
            % {"model": name, "why": answer.detail},
        )
    return redirect("model_backend", row.pk)


@require_POST
@page("models:write")
def stop(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    row = _backend(backend_id)
    _do(request, lambda: connecting.disable_models(row), _("No model of it is asked any more."))
    return redirect("model_backend", row.pk)


@require_POST
@page("models:write")
def retire(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    row = _backend(backend_id)
    done = _("Removed, and its key is forgotten. What it was asked stays on record.")
    _do(request, lambda: connecting.retire_backend(row), done)
    return redirect("language_models")


@require_POST
@page("models:write")
def set_price(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    row, form = _backend(backend_id), PriceForm(request.POST)
    model: LanguageModel | None = row.models.filter(is_enabled=True).first()
    if model is None or not form.is_valid():
        return _shown(request, row, price_form=form)
    ModelPrice.objects.update_or_create(
        model=model, valid_from=timezone.now().date(), defaults=form.price()
    )
    messages.success(request, _("Saved. It holds for what is asked from now on."))
    return redirect("model_backend", row.pk)


@never_cache
@require_safe
@page("models:read")
def preview(request: HttpRequest, backend_id: uuid.UUID) -> HttpResponse:
    """Exactly what would be sent about the newest message that is about money. Nothing is sent."""
    row = _backend(backend_id)
    tenant = Tenant.objects.get(pk=current_tenant_id())
    emails = Email.objects.select_related("account", "raw")
    email = emails.filter(screening=Screening.POSSIBLE).order_by("-received_at").first()
    document = stored_document(email, tenant) if email and may("mail:read") else None
    context: dict[str, Any] = {"backend": row, "email": email}
    if document is not None:
        model: LanguageModel | None = row.models.filter(is_enabled=True).first()
        names = people() if row.redact_names else []
        prompt = question(model.name if model else "", document, names=names)
        sent = request_of(connecting.endpoint_of(row), prompt)
        if model is None:
            # A name that nobody has chosen is left out rather than made up.
            sent.pop("model")
        else:
            context["refusal"] = spending.budget_for(model, prompt, tenant).refusal
        context |= {"model": model, "sent": json.dumps(sent, indent=2, ensure_ascii=False)}
    return render(request, "extraction/_model_preview.html", context)


def _backend(backend_id: uuid.UUID) -> ModelBackend:
    found: ModelBackend = get_object_or_404(ModelBackend, pk=backend_id, retired_at=None)
    return found


def _do(request: HttpRequest, verb: Callable[[], object], done: str) -> None:
    try:
        verb()
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
