"""Finding out what a server can do, by asking it: nothing of a tenant's is in these questions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import httpx2

from extraction.backends.base import Answer, Endpoint, Outcome, Prompt, StructuredMode
from extraction.backends.client import NO_KEY, ask
from extraction.backends.network import (
    AddressRefused,
    AddressUnknown,
    check_address,
    http_client,
)

PROBE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"word": {"type": "string", "enum": ["ready"]}},
    "required": ["word"],
    "additionalProperties": False,
}
INSTRUCTIONS = 'Answer with this JSON and nothing else: {"word": "ready"}'
MODELS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a server answers, and with which models."""

    is_up: bool
    detail: str = ""
    models: tuple[str, ...] = ()


def check_health(endpoint: Endpoint) -> Health:
    """Ask for the list of models, which every such server has, and for its health page where it
    has one (llama.cpp answers 503 there while it loads)."""
    try:
        addresses = check_address(endpoint.base_url, endpoint.allowed_private_hosts)
    except (AddressRefused, AddressUnknown) as error:
        return Health(is_up=False, detail=str(error))
    try:
        return asyncio.run(_health(endpoint, addresses))
    except TimeoutError:
        return Health(is_up=False, detail="The server does not answer in time.")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        detail = f"The server cannot be reached ({type(error).__name__})."
        return Health(is_up=False, detail=detail)


async def _health(endpoint: Endpoint, addresses: list[str]) -> Health:
    headers = {"Authorization": f"Bearer {endpoint.api_key or NO_KEY}"}
    async with asyncio.timeout(min(endpoint.deadline_seconds, 15)), http_client(addresses) as http:
        if endpoint.capabilities.health_path:
            page = await http.get(_root(endpoint.base_url) + endpoint.capabilities.health_path)
            if page.status_code == 503:
                return Health(is_up=False, detail="The server is still loading its model.")
        reply = await http.get(f"{endpoint.base_url.rstrip('/')}/models", headers=headers)
    if reply.status_code in (401, 403):
        return Health(is_up=False, detail="The server refuses the API key.")
    if reply.status_code != 200:
        detail = f"The server answers {reply.status_code} instead of its list of models."
        return Health(is_up=False, detail=detail)
    return _listed(reply)


def _listed(reply: httpx2.Response) -> Health:
    try:
        rows = reply.json().get("data")
        names = tuple(str(row["id"])[:120] for row in rows[:MODELS_SHOWN])
    except (ValueError, AttributeError, TypeError, KeyError):
        detail = "The server has no list of models. Does the address end in /v1?"
        return Health(is_up=False, detail=detail)
    return Health(is_up=True, models=names)


def _root(base_url: str) -> str:
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}/"


def probe(endpoint: Endpoint, model: str) -> tuple[Endpoint, Answer]:
    """The endpoint with the strictest ways that it understands, and the last answer: its outcome
    is OK when one worked. At most six small calls."""
    answer = Answer(Outcome.UNAVAILABLE)
    for structured in StructuredMode:
        for limit in ("max_completion_tokens", "max_tokens"):
            able = replace(endpoint.capabilities, structured=structured, limit_field=limit)
            tried = replace(endpoint, capabilities=able)
            answer = ask(tried, _question(model))
            if answer.outcome == Outcome.OK:
                return tried, answer
            if answer.outcome not in _WORTH_ANOTHER_WAY:
                return endpoint, answer
    return endpoint, answer


# A server that breaks on json_schema answers 500 (llama_cpp.server) or 400 (others).
_WORTH_ANOTHER_WAY = frozenset(
    {
        Outcome.BAD_REQUEST, Outcome.UNAVAILABLE, Outcome.MALFORMED, Outcome.SCHEMA_VIOLATION,
        Outcome.BROKEN_REPLY, Outcome.TRUNCATED, Outcome.EMPTY,
    }
)  # fmt: skip


def _question(model: str) -> Prompt:
    return Prompt(
        model=model, instructions=INSTRUCTIONS, text="Are you ready?", schema=PROBE_SCHEMA,
        schema_name="probe", max_tokens=64,
    )  # fmt: skip
