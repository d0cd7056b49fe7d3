"""What the known servers are like before anybody has probed them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from extraction.backends.base import BackendKind, Capabilities, Retention, StructuredMode


@dataclass(frozen=True, slots=True)
class Preset:
    """A kind's usual address and ways."""

    label: str
    base_url: str
    capabilities: Capabilities
    retention: Retention
    needs_key: bool = False


_LOCAL = Capabilities(limit_field="max_tokens", health_path="health")

PRESETS: Final[dict[BackendKind, Preset]] = {
    BackendKind.OPENAI: Preset(
        "OpenAI", "https://api.openai.com/v1", Capabilities(has_store=True),
        Retention.NOT_STORED, needs_key=True,
    ),
    BackendKind.OLLAMA: Preset(
        "Ollama", "http://localhost:11434/v1",
        # Its OpenAI door cannot set the context length, whose default is 4,096 tokens.
        Capabilities(limit_field="max_tokens", context_tokens=4096, health_path=""),
        Retention.ON_DEVICE,
    ),
    BackendKind.HUGGINGFACE: Preset(
        "Hugging Face", "https://router.huggingface.co/v1",
        Capabilities(limit_field="max_tokens"), Retention.NOT_STORED, needs_key=True,
    ),
    BackendKind.VLLM: Preset(
        "vLLM", "http://localhost:8000/v1", _LOCAL, Retention.ON_DEVICE
    ),
    BackendKind.LLAMA_CPP: Preset(
        "llama.cpp", "http://localhost:8080/v1", _LOCAL, Retention.ON_DEVICE
    ),
    BackendKind.LM_STUDIO: Preset(
        "LM Studio", "http://localhost:1234/v1",
        # It refuses json_object with 400.
        Capabilities(limit_field="max_tokens"), Retention.ON_DEVICE,
    ),
    BackendKind.COMPATIBLE: Preset(
        "Another compatible server", "",
        Capabilities(StructuredMode.JSON_OBJECT, limit_field="max_tokens"),
        Retention.NOT_STORED,
    ),
}  # fmt: skip
