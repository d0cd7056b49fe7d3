"""Idempotency-Key: a POST that may safely be sent again, by an API client or by a page's form
whose answer was lost on the way.

The first request with a key claims it, then works in one transaction in which its answer is
stored: effect and answer are kept together or not at all, whatever crashes. Later ones get that
answer (`Idempotent-Replayed: true`). A request that failed has changed nothing and frees its key.
After draft-ietf-httpapi-idempotency-key-header; keys are per person and tenant, for a day.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.access import access_of
from accounts.models import IdempotencyKey, User
from tenancy.encryption import decrypt, encrypt
from tenancy.problems import problem_response
from tenancy.scope import all_tenants, tenant_scope

HEADER: Final = "Idempotency-Key"
PREFIX: Final = "/api/v1/"
LIFETIME: Final = timedelta(hours=24)
# A request that still holds its key after this long has died: no server of ours lets one run on.
ABANDONED: Final = timedelta(minutes=5)
NO_TENANT: Final = uuid.UUID(int=0)
FIELD: Final = "idempotencykey.body"
# What these do is for a person, whichever tenant is active, and it may change that.
PERSONAL: Final = frozenset({"/api/v1/tenants", "/api/v1/invitations/accept"})
KEPT_HEADERS: Final = (
    "Content-Type", "Location", "HX-Refresh", "HX-Redirect", "HX-Trigger", "HX-Push-Url",
)  # fmt: skip


class IdempotencyMiddleware:
    """Stands behind `ScopeMiddleware`: it needs to know who asks, and for which tenant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        key = request.headers.get(HEADER)
        access = access_of(request)
        is_form = "HX-Request" in request.headers
        is_ours = request.method == "POST" and (is_form or request.path.startswith(PREFIX))
        if key is None or access.user is None or not is_ours:
            return self.get_response(request)
        if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
            detail = f"{HEADER} must have 1 to 255 printable ASCII characters."
            return problem_response(request, 400, "idempotency_key_invalid", detail)
        tenant = None if request.path in PERSONAL else access.tenant
        tenant_id = tenant.id if tenant else None
        claim = Claim(access.user, tenant_id, key, fingerprint_of(request), timezone.now())
        return self.respond_once(request, claim)

    def respond_once(self, request: HttpRequest, claim: Claim) -> HttpResponseBase:
        if claim.succeeds():
            return self.respond_and_keep(request, claim)
        held = claim.rival()
        if held is None:
            return busy(request)  # Its request has failed at this very moment.
        if held.fingerprint != claim.fingerprint:
            detail = f"This {HEADER} was used for another request. Make a new one."
            return problem_response(request, 422, "idempotency_key_reused", detail)
        return replay(held) if held.status is not None else busy(request)

    def respond_and_keep(self, request: HttpRequest, claim: Claim) -> HttpResponseBase:
        is_kept = False
        try:
            with transaction.atomic():
                response = self.get_response(request)
                if isinstance(response, HttpResponse) and response.status_code < 400:
                    claim.keep(response)
                    is_kept = True
                else:
                    transaction.set_rollback(True)
        finally:
            if not is_kept:
                claim.release()
        return response


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's claim to a key. Every method is on its own in the right scope."""

    user: User
    tenant_id: uuid.UUID | None
    key: str
    fingerprint: str
    at: datetime

    @contextmanager
    def rows(self) -> Iterator[QuerySet[IdempotencyKey]]:
        everywhere = all_tenants("a key of a person, not of a tenant")
        with everywhere if self.tenant_id is None else tenant_scope(self.tenant_id):
            yield IdempotencyKey.objects.filter(
                tenant_id=self.tenant_id, user=self.user, key=self.key
            )

    def succeeds(self) -> bool:
        """Whether this request is the first; then it holds the key."""
        with self.rows() as rows:
            rows.filter(started_at__lt=self.at - LIFETIME).delete()
            try:
                with transaction.atomic():
                    IdempotencyKey.objects.create(
                        tenant_id=self.tenant_id,
                        user=self.user,
                        key=self.key,
                        fingerprint=self.fingerprint,
                        started_at=self.at,
                    )
            except IntegrityError:
                abandoned = rows.filter(
                    status=None,
                    fingerprint=self.fingerprint,
                    started_at__lt=self.at - ABANDONED,
                )
                return bool(abandoned.update(started_at=self.at))
        return True

    def rival(self) -> IdempotencyKey | None:
        """Whoever holds the key."""
        with self.rows() as rows:
            return rows.first()

    def keep(self, response: HttpResponse) -> None:
        """Store an answer with its effect. Raises RuntimeError when another request has taken
        the key over meanwhile: then nothing may be kept."""
        with self.rows() as rows:
            mine = rows.filter(started_at=self.at, status=None)
            pk = mine.values_list("id", flat=True).first()
            if pk is None:
                raise RuntimeError(f"{HEADER} was taken over: this request ran for too long.")
            body = response.content.decode(response.charset)
            mine.update(
                status=response.status_code,
                headers={name: response[name] for name in KEPT_HEADERS if name in response},
                body=encrypt(body, tenant_id=self.tenant_id or NO_TENANT, field=FIELD, pk=pk),
            )

    def release(self) -> None:
        with self.rows() as rows:
            rows.filter(started_at=self.at, status=None).delete()


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
