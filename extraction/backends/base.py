"""What is asked of a model, and every way in which that can end."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class BackendKind(StrEnum):
    """A server that speaks the OpenAI wire. They differ in details: see `kinds.PRESETS`."""

    OPENAI = "openai"
    OLLAMA = "ollama"
    HUGGINGFACE = "huggingface"
    VLLM = "vllm"
    LLAMA_CPP = "llama_cpp"
    LM_STUDIO = "lm_studio"
    COMPATIBLE = "compatible"


class Retention(StrEnum):
    """What becomes of the text at the other end. There is no fourth level."""

    ON_DEVICE = "on_device"
    """It does not leave machines of the operator's own."""
    ZERO = "zero_retention"
    """The provider keeps nothing, as the tenant's admin has declared by its contract."""
    NOT_STORED = "not_stored"
    """Asked not to store (`store: false`): that is not zero, abuse logs may keep it for weeks."""


class StructuredMode(StrEnum):
    """How a server can be held to a JSON schema."""

    JSON_SCHEMA = "json_schema"
    JSON_OBJECT = "json_object"
    NONE = "none"


class Outcome(StrEnum):
    """How a call ended."""

    OK = "ok"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    MALFORMED = "malformed"
    SCHEMA_VIOLATION = "schema_violation"
    WRONG_MODEL = "wrong_model"
    EMPTY = "empty"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    BAD_REQUEST = "bad_request"
    TOO_LONG = "too_long"
    REDIRECTED = "redirected"
    BROKEN_REPLY = "broken_reply"
    NOT_ALLOWED = "not_allowed"

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed later."""
        return self in _PASSING


_PASSING = frozenset({Outcome.RATE_LIMITED, Outcome.TIMEOUT, Outcome.UNAVAILABLE})


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What probing found out, or a kind's usual ones."""

    structured: StructuredMode = StructuredMode.JSON_SCHEMA
    limit_field: str = "max_completion_tokens"
    """Which field caps the answer's tokens; servers ignore or refuse the other one."""
    has_store: bool = False
    context_tokens: int | None = None
    health_path: str = ""
    """Relative to the server's root; empty where only the list of models tells."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server, and the key for it."""

    kind: BackendKind
    base_url: str
    api_key: str = field(default="", repr=False)
    capabilities: Capabilities = field(default_factory=Capabilities)
    deadline_seconds: float = 60.0
    allowed_private_hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question. `instructions` stay the same from call to call, so that a provider's cache
    finds them; `text` is the message alone."""

    model: str
    instructions: str
    text: str = field(repr=False)
    schema: dict[str, Any]
    schema_name: str
    max_tokens: int = 800


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the server counted them; None where it did not say."""

    prompt: int | None = None
    cached: int | None = None
    cache_write: int | None = None
    completion: int | None = None
    reasoning: int | None = None

    @property
    def is_known(self) -> bool:
        return self.prompt is not None and self.completion is not None


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one call. `body` is there when the outcome is OK; `usage` whenever the server
    sent one, because it has been paid for."""

    outcome: Outcome
    body: dict[str, Any] | None = field(default=None, repr=False)
    detail: str = ""
    """In words for a person; never a part of the message."""
    response_model: str = ""
    request_id: str = ""
    usage: Usage = field(default_factory=Usage)
    latency_ms: int = 0
    retry_after_seconds: int | None = None
