"""What every operation of the OpenAPI document has in common: its headers and its problems."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]

PROBLEM: JsonObject = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail", "code", "instance", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri", "example": "urn:inledger:problem:invalid"},
        "title": {"type": "string", "example": "Bad Request"},
        "status": {"type": "integer", "example": 400},
        "detail": {"type": "string", "description": "For people."},
        "code": {"type": "string", "description": "For machines; it does not change."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "request_id": {"type": "string", "description": "Names this request in our log."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {
                    "field": {"type": "string", "nullable": True, "example": "splits.0.amount"},
                    "code": {"type": "string", "example": "required"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
TENANT_HEADER: JsonObject = {
    "name": "X-Tenant-ID", "in": "header", "required": False,
    "schema": {"type": "string", "format": "uuid"},
    "description": "For which tenant you act. Needed when you belong to several.",
}  # fmt: skip
REASON_HEADER: JsonObject = {
    "name": "X-Access-Reason", "in": "header", "required": False,
    "schema": {"type": "string", "maxLength": 300},
    "description": "Why a super admin enters a tenant that is not theirs, which needs a reason; the"
    " tenant finds it in its audit trail.",
}  # fmt: skip
IDEMPOTENCY_HEADER: JsonObject = {
    "name": "Idempotency-Key", "in": "header", "required": False,
    "schema": {"type": "string", "maxLength": 255},
    "description": "Makes a repeated request answer as the first did, without doing it again.",
}  # fmt: skip
REASONS = {
    "400": "The input is wrong; `errors` says where.",
    "401": "Nobody is signed in.",
    "403": "Whoever is signed in may not do this.",
    "404": "There is no such row, or it belongs to somebody else.",
    "409": "The state does not allow it now.",
    "415": "The body is of a media type that is not read here.",
    "422": "The Idempotency-Key was used with another body.",
    "429": "Too many requests; wait for Retry-After seconds.",
}


def add_problems_and_headers(result: JsonObject, **kwargs: Any) -> JsonObject:
    """The drf-spectacular hook."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["responses"] = {code: problem_answer(text) for code, text in REASONS.items()}
    components["parameters"] = {
        "Tenant": TENANT_HEADER, "Reason": REASON_HEADER, "IdempotencyKey": IDEMPOTENCY_HEADER,
    }  # fmt: skip
    for path, operations in result.get("paths", {}).items():
        for method, operation in operations.items():
            complete(operation, path, method)
    return result


def problem_answer(description: str) -> JsonObject:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": schema}},
    }


def complete(operation: JsonObject, path: str, method: str) -> None:
    codes = {"400", "401", "403", "429"}
    if "{" in path:
        codes |= {"404"}
    if method in ("post", "put", "patch", "delete"):
        codes |= {"404", "409", "415"}
    if method == "post":
        codes |= {"422"}
    for code in sorted(codes):
        operation["responses"].setdefault(code, {"$ref": f"#/components/responses/{code}"})
    if path.startswith("/api/v1/"):
        headers = ["Tenant", "Reason", *(["IdempotencyKey"] if method == "post" else [])]
        references = [{"$ref": f"#/components/parameters/{name}"} for name in headers]
        operation["parameters"] = operation.get("parameters", []) + references
