"""Problem details (RFC 9457): how the API says that something cannot be done.

`problem_response` serves those who answer before a view does (middleware, error pages); what views
raise is translated by `config.problems`.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, TypedDict

from django.http import HttpRequest, JsonResponse

MEDIA_TYPE = "application/problem+json"


class FieldError(TypedDict):
    """One fault of the input. `field` is a dotted path, None when it is about the whole."""

    field: str | None
    code: str
    message: str


def problem(
    request: HttpRequest, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
) -> dict[str, Any]:
    """The body. `code` is stable and for machines, `detail` is for people."""
    body: dict[str, Any] = {
        "type": f"urn:inledger:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "instance": request.path,
        "errors": list(errors),
    }
    request_id = getattr(request, "request_id", None)
    if request_id:
        body["request_id"] = request_id
    return body


def problem_response(
    request: HttpRequest, status: int, code: str, detail: str, errors: Sequence[FieldError] = ()
) -> JsonResponse:
    return JsonResponse(
        problem(request, status, code, detail, errors), status=status, content_type=MEDIA_TYPE
    )
