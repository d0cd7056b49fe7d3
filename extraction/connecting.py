"""Connecting a server of models: register, check, switch on, retire."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from extraction.backends.base import (
    Answer,
    BackendKind,
    Capabilities,
    Endpoint,
    Outcome,
    Retention,
    StructuredMode,
)
from extraction.backends.kinds import PRESETS
from extraction.backends.network import AddressRefused, AddressUnknown, check_address
from extraction.backends.probing import Health, check_health, probe
from extraction.models import LanguageModel, ModelBackend
from tenancy.encryption import decrypt, encrypt
from tenancy.errors import DomainError
from tenancy.scope import current_tenant_id

KEY_FIELD = "ModelBackend.api_key"


class ModelError(DomainError):
    """What cannot be done with a backend or a model."""

    code = "model_refused"


def register_backend(
    label: str, kind: str, *, base_url: str = "", api_key: str = "", **fields: Any
) -> ModelBackend:
    """Keep a server; it is asked nothing before it is enabled. Raises ModelError."""
    preset = PRESETS[BackendKind(kind)]
    fields.setdefault("retention", preset.retention)
    row = ModelBackend(label=label, kind=kind, base_url=base_url or preset.base_url, **fields)
    _check(row, api_key)
    row.api_key = _sealed(row, api_key)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ModelError(gettext("Another server has this name already."), field="label") from error
    return row


def change_backend(row: ModelBackend, *, api_key: str | None = None, **fields: Any) -> None:
    """What another address can do is not known: it must be checked again. Raises ModelError."""
    moved = fields.get("base_url", row.base_url) != row.base_url
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row, read_key(row) if api_key is None else api_key)
    if moved and api_key is None and row.api_key:
        raise ModelError(
            gettext("Give the API key again with another address: it must not go there by itself."),
            field="api_key",
        )
    if api_key is not None:
        row.api_key = _sealed(row, api_key)
    if moved:
        row.capabilities, row.is_up, row.health = {}, None, ""
    row.save()


def _check(row: ModelBackend, api_key: str) -> None:
    try:
        check_address(row.base_url, settings.MODEL_ALLOWED_PRIVATE_HOSTS)
    except (AddressRefused, AddressUnknown) as error:
        raise ModelError(str(error), field="base_url", code="address_refused") from error
    if PRESETS[BackendKind(row.kind)].needs_key and not api_key:
        raise ModelError(gettext("This server wants an API key."), field="api_key")
    if row.retention == Retention.ON_DEVICE and row.kind in (
        BackendKind.OPENAI,
        BackendKind.HUGGINGFACE,
    ):
        raise ModelError(gettext("This server is not a machine of your own."), field="retention")


def endpoint_of(row: ModelBackend) -> Endpoint:
    """The server with its key. Raises DecryptionError."""
    kind = BackendKind(row.kind)
    able = PRESETS[kind].capabilities
    if row.capabilities:
        known = row.capabilities | {"structured": StructuredMode(row.capabilities["structured"])}
        able = Capabilities(**known)
    return Endpoint(
        kind, row.base_url, read_key(row), able, float(row.deadline_seconds),
        tuple(settings.MODEL_ALLOWED_PRIVATE_HOSTS),
    )  # fmt: skip


def check_backend(row: ModelBackend) -> Health:
    """Is it up, and which models has it? Kept on the row."""
    health = check_health(endpoint_of(row))
    row.is_up, row.health, row.checked_at = health.is_up, health.detail[:300], timezone.now()
    row.save(update_fields=["is_up", "health", "checked_at"])
    return health


def probe_backend(row: ModelBackend, model: str) -> Answer:
    """Find out how the server takes questions, with a question about nothing."""
    found, answer = probe(endpoint_of(row), model)
    if answer.outcome == Outcome.OK:
        row.capabilities = asdict(found.capabilities)
    row.is_up = answer.outcome == Outcome.OK
    row.health, row.checked_at = answer.detail[:300], timezone.now()
    row.save(update_fields=["capabilities", "is_up", "health", "checked_at"])
    return answer


@transaction.atomic
def enable_model(row: ModelBackend, name: str) -> LanguageModel:
    """From now on this model reads what the rules cannot; the one before it rests. Raises
    ModelError."""
    if row.retired_at is not None:
        raise ModelError(gettext("This server has been retired. Register it anew."), code="retired")
    if not row.is_up or not row.capabilities:
        raise ModelError(
            gettext("Probe the server first: it has not answered yet."), code="not_probed"
        )
    LanguageModel.objects.filter(is_enabled=True).update(is_enabled=False)
    ModelBackend.objects.filter(is_enabled=True).update(is_enabled=False)
    model: LanguageModel
    model, _ = LanguageModel.objects.get_or_create(backend=row, name=name)
    model.is_enabled = row.is_enabled = True
    model.save(update_fields=["is_enabled"])
    row.save(update_fields=["is_enabled"])
    return model


@transaction.atomic
def disable_models(row: ModelBackend) -> None:
    LanguageModel.objects.filter(backend=row).update(is_enabled=False)
    row.is_enabled = False
    row.save(update_fields=["is_enabled"])


@transaction.atomic
def retire_backend(row: ModelBackend) -> None:
    """Asked no more; its key is forgotten, its calls stay on record."""
    disable_models(row)
    row.retired_at, row.api_key = timezone.now(), ""
    row.save(update_fields=["retired_at", "api_key"])


def _sealed(row: ModelBackend, api_key: str) -> str:
    if not api_key:
        return ""
    return encrypt(api_key, tenant_id=current_tenant_id(), field=KEY_FIELD, pk=row.id)


def read_key(row: ModelBackend) -> str:
    """Raises DecryptionError."""
    if not row.api_key:
        return ""
    return decrypt(row.api_key, tenant_id=current_tenant_id(), field=KEY_FIELD, pk=row.id)
