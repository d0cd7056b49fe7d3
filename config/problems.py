"""Everything that goes wrong behind /api/ leaves as problem details (RFC 9457).

`problem_handler` is DRF's EXCEPTION_HANDLER; the `handler*` functions are Django's error views,
which speak HTML elsewhere.
"""

from __future__ import annotations

import logging
import math
import sys
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    NON_FIELD_ERRORS,
    PermissionDenied,
    RequestDataTooBig,
    ValidationError,
)
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import loader
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.serializers import as_serializer_error
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from jobs.full_disk import is_disk_full
from tenancy.errors import DomainError
from tenancy.problems import MEDIA_TYPE, FieldError, problem, problem_response
from tenancy.scope import NoTenantScope
from tenancy.viewsets import TenantRequired

logger = logging.getLogger(__name__)

UNIQUE_VIOLATION = "23505"  # PostgreSQL, appendix A: error codes


class Conflict(exceptions.APIException):
    status_code = 409
    default_code = "conflict"
    default_detail = "This already exists, or somebody changed it meanwhile. Read it again."


class InUse(exceptions.APIException):
    status_code = 409
    default_code = "in_use"
    default_detail = "Other rows still refer to this. Remove or move them first."


class TooLarge(exceptions.APIException):
    status_code = 413
    default_code = "too_large"
    default_detail = "The request is larger than this address accepts."


class Problem(Response):
    """Problem details, as JSON under their own media type or inside the browsable page."""

    @property
    def rendered_content(self) -> Any:
        if self.accepted_renderer.format == "json":
            self.content_type = MEDIA_TYPE
        return super().rendered_content


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """None for what nobody expected: Django logs it and answers with `handler500`."""
    request = context["request"]
    if isinstance(error, DomainError):
        set_rollback()
        fault = FieldError(field=error.field, code=error.code, message=str(error))
        errors = [fault] if error.field else []
        body = problem(request, error.status, error.code, str(error), errors)
        return Problem(body, status=error.status, headers=headers_of(error))
    known = as_api_exception(error)
    if known is None:
        return None
    set_rollback()
    errors = list(flattened(known.detail)) if is_about_fields(known) else []
    body = problem(request, known.status_code, code_of(known), detail_of(known, errors), errors)
    return Problem(body, status=known.status_code, headers=headers_of(known))


def as_api_exception(error: Exception) -> exceptions.APIException | None:
    """The DRF exception that says the same, None if there is none."""
    match error:
        case exceptions.APIException():
            return error
        case Http404():
            return exceptions.NotFound()
        case PermissionDenied():
            return exceptions.PermissionDenied(*error.args[:1])
        case ValidationError():
            return exceptions.ValidationError(as_serializer_error(error))
        case NoTenantScope():
            return TenantRequired()
        case RequestDataTooBig():
            return TooLarge()
        case ProtectedError() | RestrictedError():
            return InUse()
        case IntegrityError() if is_unique_violation(error):
            logger.warning("Answered with 409: %s", error)
            return Conflict()
    return None


def is_unique_violation(error: IntegrityError) -> bool:
    cause = error.__cause__
    return getattr(cause, "sqlstate", "") == UNIQUE_VIOLATION or "UNIQUE constraint" in str(error)


def is_about_fields(error: exceptions.APIException) -> bool:
    return isinstance(error.detail, (dict, list))


def flattened(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Nested serializer errors as a flat list; a nested field is `splits.0.amount`."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            about_whole = name in (api_settings.NON_FIELD_ERRORS_KEY, NON_FIELD_ERRORS)
            yield from flattened(inner, path if about_whole else (*path, str(name)))
    elif isinstance(detail, list):
        nested = any(isinstance(inner, (dict, list)) for inner in detail)
        for index, inner in enumerate(detail):
            yield from flattened(inner, (*path, str(index)) if nested else path)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield FieldError(field=".".join(path) or None, code=code, message=str(detail))


def code_of(error: exceptions.APIException) -> str:
    """A single statement's own code; `invalid` where several fields each have theirs."""
    codes = error.get_codes()
    if isinstance(codes, list) and len(codes) == 1:
        codes = codes[0]
    return codes if isinstance(codes, str) else str(error.default_code)


def detail_of(error: exceptions.APIException, errors: list[FieldError]) -> str:
    if not is_about_fields(error):
        return str(error.detail)
    if len(errors) == 1:
        fault = errors[0]
        return f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"]
    return f"{len(errors)} things are wrong with the input; see errors."


def headers_of(error: DomainError | exceptions.APIException) -> dict[str, str]:
    headers = {}
    challenge = getattr(error, "auth_header", None)
    if isinstance(error, DomainError) and error.status == HTTPStatus.UNAUTHORIZED:
        challenge = "Bearer"
    if challenge:
        headers["WWW-Authenticate"] = str(challenge)
    seconds = getattr(error, "wait", None)
    if seconds:
        headers["Retry-After"] = str(math.ceil(seconds))
    return headers


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def handler400(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(request, 400, "bad_request", "The request is malformed.")
    return defaults.bad_request(request, exception)


def handler403(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        detail = str(exception) or "You may not do this."
        return problem_response(request, 403, "permission_denied", detail)
    return defaults.permission_denied(request, exception)


def handler404(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problem_response(request, 404, "not_found", "There is nothing at this address.")
    return defaults.page_not_found(request, exception)


def handler500(request: HttpRequest) -> HttpResponse:
    if is_disk_full(sys.exception()):
        return handler507(request)
    if is_api(request):
        detail = "Something failed on our side; it has been logged. Nothing was changed."
        return problem_response(request, 500, "server_error", detail)
    return defaults.server_error(request)


def handler507(request: HttpRequest) -> HttpResponse:
    """There was no room for what a request sent, or for what it wrote."""
    if is_api(request):
        detail = (
            "The disk of this Inledger is full. Nothing was changed. Try again once whoever runs it"
            " has made room."
        )
        return problem_response(request, 507, "disk_full", detail)
    return HttpResponse(loader.render_to_string("507.html"), status=507)
