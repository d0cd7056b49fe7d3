"""Idempotency-Key: a POST under /api/v1 that a client may safely send again.

The first request with a key claims it, then works in one transaction in which its answer is
stored: effect and answer are kept together or not at all, whatever crashes. Later ones get that
answer (`Idempotent-Replayed: true`). A request that failed has changed nothing and frees its key.
After draft-ietf-httpapi-idempotency-key-header; keys are per person and tenant, for a day.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import access_of
from accounts.models import IdempotencyKey, User
from tenancy.encryption import decrypt, encrypt
from tenancy.problems import problem_response
from tenancy.scope import AllTenants, active_scope, all_tenants

HEADER: Final = "Idempotency-Key"
PREFIX: Final = "/api/v1/"
LIFETIME: Final = timedelta(hours=24)
# A request that still holds its key after this long has died: no server of ours lets one run on.
ABANDONED: Final = timedelta(minutes=5)
NO_TENANT: Final = uuid.UUID(int=0)
FIELD: Final = "idempotencykey.body"
KEPT_HEADERS: Final = ("Content-Type", "Location")


class IdempotencyMiddleware:
    """Stands behind `ScopeMiddleware`: it needs to know who asks, and for which tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        user = access_of(request).user
        is_ours = request.method == "POST" and request.path.startswith(PREFIX)
        if key is None or user is None or not is_ours:
            return self.get_response(request)
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            detail = f"{HEADER} must have 1 to 255 printable ASCII characters."
            return problem_response(request, 400, "idempotency_key_invalid", detail)
        return self.respond_once(request, user, key)

    def respond_once(self, request: HttpRequest, user: User, key: str) -> HttpResponseBase:
        fingerprint, now = fingerprint_of(request), timezone.now()
        if claim(user, key, fingerprint, now):
            return self.respond_and_keep(request, user, key, now)
        with able_to_read():
            held = rows(user, key).first()
        if held is None:
            return busy(request)  # Its request has failed at this very moment.
        if held.fingerprint != fingerprint:
            detail = f"This {HEADER} was used for another request. Make a new one."
            return problem_response(request, 422, "idempotency_key_reused", detail)
        return replay(held) if held.status is not None else busy(request)

    def respond_and_keep(
        self, request: HttpRequest, user: User, key: str, claimed_at: datetime
    ) -> HttpResponseBase:
        is_kept = False
        try:
            with transaction.atomic():
                response = self.get_response(request)
                is_kept = keep(response, user, key, claimed_at)
                transaction.set_rollback(not is_kept)
        finally:
            if not is_kept:
                with able_to_read():
                    rows(user, key).filter(started_at=claimed_at).delete()
        return response


def claim(user: User, key: str, fingerprint: str, now: datetime) -> bool:
    """Whether the request is the first; then it holds the key."""
    with able_to_read():
        rows(user, key).filter(started_at__lt=now - LIFETIME).delete()
        try:
            with transaction.atomic():
                IdempotencyKey.objects.create(
                    tenant_id=tenant_id(),
                    user=user,
                    key=key,
                    fingerprint=fingerprint,
                    started_at=now,
                )
        except IntegrityError:
            abandoned = rows(user, key).filter(
                status=None, fingerprint=fingerprint, started_at__lt=now - ABANDONED
            )
            return bool(abandoned.update(started_at=now))
    return True


def keep(response: HttpResponseBase, user: User, key: str, claimed_at: datetime) -> bool:
    """Store a success with its effect. False for a failure, and when another request has taken
    the key over meanwhile: then nothing may be kept."""
    if response.status_code >= 400 or not isinstance(response, HttpResponse):
        return False
    with able_to_read():
        row = rows(user, key).filter(started_at=claimed_at, status=None)
        pk = row.values_list("id", flat=True).first()
        if pk is None:
            raise RuntimeError(f"{HEADER} was taken over: this request ran for too long.")
        body = response.content.decode(response.charset or "utf-8")
        row.update(
            status=response.status_code,
            headers={name: response[name] for name in KEPT_HEADERS if name in response},
            body=encrypt(body, tenant_id=tenant_id() or NO_TENANT, field=FIELD, pk=pk),
        )
    return True


def replay(held: IdempotencyKey) -> HttpResponse:
    body = decrypt(held.body, tenant_id=held.tenant_id or NO_TENANT, field=FIELD, pk=held.id)
    response = HttpResponse(body, status=held.status, headers=held.headers)
    response["Idempotent-Replayed"] = "true"
    return response


def busy(request: HttpRequest) -> HttpResponse:
    detail = f"A request with this {HEADER} is still running. Try again in a moment."
    response = problem_response(request, 409, "idempotency_key_in_use", detail)
    response["Retry-After"] = "1"
    return response


def rows(user: User, key: str) -> Any:
    return IdempotencyKey.objects.filter(tenant_id=tenant_id(), user=user, key=key)


def tenant_id() -> uuid.UUID | None:
    scope = active_scope()
    return None if scope is None or isinstance(scope.tenant, AllTenants) else scope.tenant


def able_to_read() -> AbstractContextManager[Any]:
    """A first tenant is made by somebody who acts in none: their keys belong to no tenant."""
    if active_scope() is not None:
        return nullcontext()
    return all_tenants("an idempotency key without a tenant")


def fingerprint_of(request: HttpRequest) -> str:
    """The same for the same request. Uploads count by their fields and files: the boundary
    between them is another one each time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if request.content_type == "multipart/form-data":
        digest.update(repr(sorted(request.POST.lists())).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(repr((name, file.name, file.size)).encode())
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(f"{request.content_type}\n".encode() + request.body)
    return digest.hexdigest()
