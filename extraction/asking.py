"""Asking a model about messages that the rules could not read for certain.

One message a call. What has been answered is kept before anything is made of it, so that a crash
never pays twice. The answer is verified like any reading, and ends as a proposal or a better
question, never as a booking.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from accounts.models import Membership
from extraction import spending
from extraction.backends.base import Answer, Outcome, Prompt
from extraction.backends.client import ask
from extraction.connecting import endpoint_of
from extraction.model_readings import apply_reading
from extraction.models import (
    EmailExtraction,
    ExtractionState,
    LanguageModel,
    LLMTransaction,
    ModelAnswer,
    ModelBackend,
)
from extraction.pipeline import READER_VERSION, stored_document
from extraction.questions import PROMPT_VERSION, question, reading_of
from extraction.reading import BLOCKING, Verdict
from jobs.base import BaseJob, JobRun, JsonObject, RetryLater
from jobs.runner import JobRunner
from mail_ingest.models import Email
from tenancy.encryption import blind_index, decrypt, encrypt
from tenancy.models import Tenant
from tenancy.scope import all_tenants, current_actor, current_tenant_id, tenant_scope
from tenancy.wording import worded

ASK_MODEL = "extraction.ask_model"
PURPOSE = "reading"
ANSWER_FIELD = "ModelAnswer.body"
AT_ONCE = 50
# A model may slip once; the same slip twice is its answer.
TRIES = 2
_SLIPS = (
    Outcome.MALFORMED, Outcome.SCHEMA_VIOLATION, Outcome.TRUNCATED, Outcome.EMPTY,
    Outcome.BROKEN_REPLY,
)  # fmt: skip


def asked_models() -> QuerySet[LanguageModel]:
    """Of the scope: models that may be asked now."""
    rows: QuerySet[LanguageModel] = LanguageModel.objects.filter(
        is_enabled=True, backend__is_enabled=True, backend__retired_at=None
    ).exclude(backend__is_up=False)
    return rows.select_related("backend__tenant")


def enqueue_questions() -> list[uuid.UUID]:
    """One job for each message that a model should read, of tenants that have one."""
    with all_tenants("which tenants have a model that may be asked"):
        models = list(asked_models())
    jobs: list[uuid.UUID] = []
    for model in models:
        with tenant_scope(model.backend.tenant.id):
            for email_id in unread_by(model).values_list("email_id", flat=True)[:AT_ONCE]:
                job = JobRunner.enqueue(
                    ASK_MODEL, subject=str(email_id), trigger=worded("The rules were not certain")
                )
                jobs.append(job.id)
    return jobs


def unread_by(model: LanguageModel) -> QuerySet[EmailExtraction]:
    """Readings of today's rules that leave a question which this model was not asked yet."""
    about = {"tenant": OuterRef("tenant"), "email": OuterRef("email")}
    answered = ModelAnswer.objects.filter(model=model, prompt_version=PROMPT_VERSION, **about)
    given_up = LLMTransaction.objects.filter(
        requested_model=model.name, backend=model.backend.label, purpose=PURPOSE,
        prompt_version=PROMPT_VERSION, is_final=True, **about,
    )  # fmt: skip
    doubts = Q()
    for reason in BLOCKING:
        # A list of codes as text: no code is a part of another.
        doubts |= Q(reasons__icontains=f'"{reason.value}"')
    return (
        EmailExtraction.objects.filter(
            Q(verdict=Verdict.UNSURE) | (Q(state=ExtractionState.PROPOSED) & doubts),
            reader_version=READER_VERSION,
        )
        .exclude(state=ExtractionState.HELD)
        .exclude(route="model")
        .filter(~Exists(answered), ~Exists(given_up))
        .order_by("-created_at", "-id")
    )


class AskModel(BaseJob):
    """Ask the tenant's model about one message, whose id is the job's subject."""

    kind = ASK_MODEL
    max_attempts = 6

    def run(self, run: JobRun) -> JsonObject:
        model = asked_models().first()
        email = (
            Email.objects.select_related("account", "raw")
            .filter(id=uuid.UUID(run.info.subject))
            .first()
        )
        if model is None or email is None:
            return {"asked": False}
        tenant = Tenant.objects.get(id=current_tenant_id())
        document, names = stored_document(email, tenant), people()
        if document is None:
            return {"asked": False}
        prompt = question(model.name, document, names=names if model.backend.redact_names else ())
        body = stored_answer(model, prompt)
        if body is None:
            body = self._ask(run, model, email, tenant, prompt)
        if body is None:
            return {"asked": True, "read": False}
        reading = reading_of(body, document, names=names if model.backend.redact_names else ())
        run.finish(lambda: apply_reading(email, reading, document, tenant))
        return {"asked": True, "read": True}

    def _ask(
        self, run: JobRun, model: LanguageModel, email: Email, tenant: Tenant, prompt: Prompt
    ) -> dict[str, Any] | None:
        """The answer's body, kept; None where there will be none. Raises RetryLater."""
        budget = spending.budget_for(model, prompt, tenant)
        if budget.refusal:
            note_health(model.backend, is_up=False, health=budget.refusal)
            return None
        answer = ask(endpoint_of(model.backend), prompt)
        tries = _tried(model, email) + 1
        is_final = not answer.outcome.is_passing and (
            answer.outcome not in _SLIPS or tries >= TRIES
        )
        with run.fenced():
            _keep_call(model, email, prompt, answer, budget, attempt=tries, is_final=is_final)
            if answer.body is not None:
                _keep_answer(model, email, prompt, answer.body)
        if answer.outcome == Outcome.OK:
            return answer.body
        if answer.outcome in (Outcome.UNAUTHORIZED, Outcome.NOT_ALLOWED, Outcome.QUOTA,
                              Outcome.NOT_FOUND, Outcome.REDIRECTED):  # fmt: skip
            note_health(model.backend, is_up=False, health=answer.detail)
            return None
        if is_final:
            return None
        raise RetryLater(answer.detail, after_seconds=answer.retry_after_seconds)

    def on_failure(self, run: JobRun, error: BaseException, *, final: bool) -> None:
        if final:
            # Until a check finds the server up again, no more messages wait for it.
            for model in asked_models():
                note_health(model.backend, is_up=False, health=str(error)[:300])


def people() -> list[str]:
    """Names of those who share the ledger, whole and in parts: blanked before sending."""
    rows = Membership.objects.exclude(user__name="").values_list("user__name", flat=True)
    whole = list(rows)
    return whole + [part for name in whole for part in name.split() if len(part) > 2]


def stored_answer(model: LanguageModel, prompt: Prompt) -> dict[str, Any] | None:
    """What this model has answered to this very prompt before."""
    row: ModelAnswer | None = ModelAnswer.objects.filter(
        model=model, prompt_hmac=prompt_hmac(prompt)
    ).first()
    if row is None:
        return None
    body: dict[str, Any] = json.loads(
        decrypt(row.body, tenant_id=row.tenant.id, field=ANSWER_FIELD, pk=row.id)
    )
    return body


def prompt_hmac(prompt: Prompt) -> str:
    """Knows a prompt again without keeping it."""
    whole = json.dumps([prompt.model, prompt.instructions, prompt.text, prompt.schema])
    return blind_index(whole, tenant_id=current_tenant_id(), field="ModelAnswer.prompt")


def note_health(backend: ModelBackend, *, is_up: bool, health: str) -> None:
    ModelBackend.objects.filter(id=backend.id).update(
        is_up=is_up, health=health[:300], checked_at=Now()
    )


def _tried(model: LanguageModel, email: Email) -> int:
    rows = LLMTransaction.objects.filter(
        email=email, requested_model=model.name, purpose=PURPOSE, prompt_version=PROMPT_VERSION,
        outcome__in=_SLIPS,
    )  # fmt: skip
    return int(rows.count())


def _keep_call(
    model: LanguageModel, email: Email, prompt: Prompt, answer: Answer, budget: spending.Budget,
    *, attempt: int, is_final: bool,
) -> None:  # fmt: skip
    price, usage, cost = budget.price, answer.usage, None
    if price is not None and answer.outcome not in _UNPAID:
        cost = spending.cost_micros(price, answer)
        # A server that does not say what it counted is taken to have used all it might.
        cost = spending.estimate_micros(price, prompt) if cost is None else cost
    LLMTransaction.objects.create(
        email=email, user_id=current_actor().user_id, purpose=PURPOSE,
        backend=model.backend.label, requested_model=model.name,
        response_model=answer.response_model, prompt_version=PROMPT_VERSION,
        prompt_hmac=prompt_hmac(prompt), outcome=answer.outcome, attempt=attempt,
        is_final=is_final, latency_ms=answer.latency_ms, usage_known=usage.is_known,
        prompt_tokens=usage.prompt, cached_tokens=usage.cached,
        cache_write_tokens=usage.cache_write, completion_tokens=usage.completion,
        reasoning_tokens=usage.reasoning, price=price, cost_micros=cost,
        currency=price.currency if price else "", retention=model.backend.retention,
        request_id=answer.request_id, detail=answer.detail[:300],
    )  # fmt: skip


# Refused before a model has worked.
_UNPAID = (
    Outcome.RATE_LIMITED, Outcome.QUOTA, Outcome.UNAUTHORIZED, Outcome.NOT_FOUND,
    Outcome.BAD_REQUEST, Outcome.TOO_LONG, Outcome.NOT_ALLOWED, Outcome.REDIRECTED,
)  # fmt: skip


def _keep_answer(model: LanguageModel, email: Email, prompt: Prompt, body: dict[str, Any]) -> None:
    row = ModelAnswer(
        email=email, model=model, prompt_version=PROMPT_VERSION, prompt_hmac=prompt_hmac(prompt)
    )
    row.body = encrypt(
        json.dumps(body), tenant_id=current_tenant_id(), field=ANSWER_FIELD, pk=row.id
    )
    ModelAnswer.objects.bulk_create([row], ignore_conflicts=True)
