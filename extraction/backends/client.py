"""Asking a model once. The job layer retries; here every end of a call is an Answer.

One request, no tools, no streaming, a total deadline (a server that drips bytes resets a read
timeout for ever), redirects refused (they would send the message elsewhere), and the reply checked
by us: the SDK's own parsing loses the usage of an answer that does not fit.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from typing import Any

import httpx2
import jsonschema
import openai

from extraction.backends.base import Answer, Endpoint, Outcome, Prompt, StructuredMode, Usage
from extraction.backends.network import (
    MAX_REPLY_BYTES,
    AddressRefused,
    AddressUnknown,
    check_address,
    http_client,
)

# A key is asked for by the SDK even where the server wants none.
NO_KEY = "none"
LONGEST_WAIT_SECONDS = 24 * 3600


def ask(endpoint: Endpoint, prompt: Prompt) -> Answer:
    """One call. Raises nothing for what a server does."""
    started = time.monotonic()
    try:
        addresses = check_address(endpoint.base_url, endpoint.allowed_private_hosts)
    except AddressRefused as error:
        return Answer(Outcome.NOT_ALLOWED, detail=str(error))
    except AddressUnknown as error:
        return Answer(Outcome.UNAVAILABLE, detail=str(error))
    answer = asyncio.run(_ask(endpoint, prompt, addresses))
    return replace(answer, latency_ms=int((time.monotonic() - started) * 1000))


async def _ask(endpoint: Endpoint, prompt: Prompt, addresses: list[str]) -> Answer:
    try:
        async with asyncio.timeout(endpoint.deadline_seconds), http_client(addresses) as http:
            # What the environment holds for OpenAI's own server is for nobody else.
            client = openai.AsyncOpenAI(
                api_key=endpoint.api_key or NO_KEY, base_url=endpoint.base_url, max_retries=0,
                organization="", project="", http_client=http,
                timeout=endpoint.deadline_seconds,
            )  # fmt: skip
            reply = await client.chat.completions.with_raw_response.create(
                **request_of(endpoint, prompt)
            )
            return _read(await _text(reply), reply.headers, prompt)
    except TimeoutError:
        return _late(endpoint)
    except openai.APITimeoutError:
        return _late(endpoint)
    except openai.APIStatusError as error:
        return _status(error)
    except openai.APIConnectionError as error:
        return Answer(Outcome.UNAVAILABLE, detail=f"The server cannot be reached: {_cause(error)}.")
    except (openai.OpenAIError, httpx2.HTTPError, ValueError) as error:
        return Answer(Outcome.BROKEN_REPLY, detail=f"The reply is broken ({type(error).__name__}).")


def _late(endpoint: Endpoint) -> Answer:
    detail = f"No answer within {endpoint.deadline_seconds:g} seconds."
    return Answer(Outcome.TIMEOUT, detail=detail)


def request_of(endpoint: Endpoint, prompt: Prompt) -> dict[str, Any]:
    """The whole request as it is sent."""
    able = endpoint.capabilities
    request: dict[str, Any] = {
        "model": prompt.model,
        "messages": [
            {"role": "system", "content": prompt.instructions},
            {"role": "user", "content": prompt.text},
        ],
        "temperature": 0,
        able.limit_field: prompt.max_tokens,
    }
    if able.structured == StructuredMode.JSON_SCHEMA:
        schema = {"name": prompt.schema_name, "strict": True, "schema": prompt.schema}
        request["response_format"] = {"type": "json_schema", "json_schema": schema}
    elif able.structured == StructuredMode.JSON_OBJECT:
        # llama_cpp.server takes the schema here; others ignore it.
        request["response_format"] = {"type": "json_object"}
        request["extra_body"] = {
            "response_format": {"type": "json_object", "schema": prompt.schema}
        }
    if able.has_store:
        request["store"] = False
    return request


async def _text(reply: Any) -> str:
    found = reply.text
    text: str = await found() if callable(found) else found
    if len(text) > MAX_REPLY_BYTES:
        raise ValueError("reply too long")
    return text


def _read(text: str, headers: Any, prompt: Prompt) -> Answer:
    """The answer in a reply with status 200, whatever that holds."""
    request_id = str(headers.get("x-request-id", ""))[:120]
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        detail = "The server's reply is not JSON. Is the address right, with /v1 at its end?"
        return Answer(Outcome.BROKEN_REPLY, detail=detail, request_id=request_id)
    answer = Answer(
        Outcome.BROKEN_REPLY,
        response_model=str(reply.get("model") or "")[:120],
        request_id=request_id or str(reply.get("id") or "")[:120],
        usage=usage_of(reply.get("usage")),
    )
    if reply.get("error"):
        return replace(answer, detail=f"The server says: {_said(reply['error'])}")
    choices = reply.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    if not isinstance(first, dict) or not isinstance(message, dict):
        return replace(answer, detail="The reply holds no answer.")
    return _judge(answer, first, message, prompt)


def _judge(
    answer: Answer, choice: dict[str, Any], message: dict[str, Any], prompt: Prompt
) -> Answer:
    finish, content = choice.get("finish_reason"), message.get("content")
    if message.get("refusal"):
        return replace(answer, outcome=Outcome.REFUSED, detail="The model refused to answer.")
    if finish == "content_filter":
        return replace(answer, outcome=Outcome.FILTERED, detail="The provider filtered the answer.")
    if finish == "length":
        detail = f"The answer was cut at {prompt.max_tokens} tokens."
        return replace(answer, outcome=Outcome.TRUNCATED, detail=detail)
    if not _is_same_model(prompt.model, answer.response_model):
        detail = f"“{answer.response_model}” answered instead of “{prompt.model}”."
        return replace(answer, outcome=Outcome.WRONG_MODEL, detail=detail)
    if not isinstance(content, str) or not content.strip():
        return replace(answer, outcome=Outcome.EMPTY, detail="The answer is empty.")
    try:
        body = json.loads(unfenced(content))
    except (ValueError, RecursionError):
        return replace(answer, outcome=Outcome.MALFORMED, detail="The answer is not JSON.")
    fault = violation(body, prompt.schema)
    if fault:
        detail = f"The answer does not fit the schema: {fault}."
        return replace(answer, outcome=Outcome.SCHEMA_VIOLATION, detail=detail)
    return replace(answer, outcome=Outcome.OK, body=body)


def usage_of(found: Any) -> Usage:
    """The usage of a reply; what is not a whole number of tokens counts as not said."""
    if not isinstance(found, dict):
        return Usage()
    before, after = (
        details if isinstance(details := found.get(name), dict) else {}
        for name in ("prompt_tokens_details", "completion_tokens_details")
    )
    return Usage(
        prompt=_count(found.get("prompt_tokens")),
        cached=_count(before.get("cached_tokens")),
        cache_write=_count(before.get("cache_write_tokens")),
        completion=_count(found.get("completion_tokens")),
        reasoning=_count(after.get("reasoning_tokens")),
    )


def _count(value: Any) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    return value if is_count else None


def unfenced(content: str) -> str:
    """The JSON inside a Markdown fence, which models add against all instructions."""
    text = content.strip()
    if text.startswith("```"):
        text = text.partition("\n")[2].rpartition("```")[0]
    return text


def violation(body: Any, schema: dict[str, Any]) -> str:
    """Where an answer leaves the schema, without quoting it; "" where it fits."""
    error = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(body)), None)
    if error is None:
        return ""
    place = "/".join(str(part) for part in error.absolute_path) or "the whole"
    return f"{place} breaks “{error.validator}”"


def _is_same_model(asked: str, answered: str) -> bool:
    """Servers answer with a dated or qualified name of the same model, or with none."""
    a, b = asked.lower(), answered.lower()
    return not b or a == b or b.startswith(f"{a}-") or a.rpartition("/")[2] == b.rpartition("/")[2]


def _status(error: openai.APIStatusError) -> Answer:
    status, said = error.status_code, _said(error.body)
    outcome = _outcome_of(status, said, str(error.code or ""))
    return Answer(
        outcome,
        detail=f"The server answers {status}: {said}" if said else f"The server answers {status}.",
        request_id=str(error.request_id or "")[:120],
        retry_after_seconds=_retry_after(error.response.headers.get("retry-after")),
    )


def _outcome_of(status: int, said: str, code: str) -> Outcome:
    lower = f"{said} {code}".lower()
    if status in (402, 429):
        is_spent = status == 402 or "insufficient_quota" in lower or "billing" in lower
        return Outcome.QUOTA if is_spent else Outcome.RATE_LIMITED
    if 300 <= status < 400:
        return Outcome.REDIRECTED
    if status in (401, 403):
        return Outcome.UNAUTHORIZED
    if status == 404:
        return Outcome.NOT_FOUND
    if status == 408:
        return Outcome.TIMEOUT
    if status == 413 or "context_length" in lower or "context length" in lower:
        return Outcome.TOO_LONG
    return Outcome.UNAVAILABLE if status >= 500 else Outcome.BAD_REQUEST


def _said(body: Any) -> str:
    """What an error's body says, cut. Servers may quote the request: only their own field."""
    while isinstance(body, dict):
        body = body.get("message") or body.get("error") or body.get("detail") or ""
    return " ".join(str(body or "").split())[:200]


def _retry_after(value: str | None) -> int | None:
    if value is None or not value.strip().isdigit():
        return None
    return min(int(value), LONGEST_WAIT_SECONDS)


def _cause(error: BaseException) -> str:
    return type(error.__cause__ or error).__name__
