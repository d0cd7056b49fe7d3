"""Every way in which a call to a model ends, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from extraction.backends.base import (
    BackendKind,
    Capabilities,
    Endpoint,
    Outcome,
    Prompt,
    StructuredMode,
)
from extraction.backends.client import ask
from extraction.backends.kinds import PRESETS
from extraction.backends.network import AddressRefused, check_address
from extraction.backends.probing import check_health, probe
from tests.fakes.models import FakeModels, fake_models

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"event": {"type": "string"}},
    "required": ["event"],
    "additionalProperties": False,
}
GOOD = '{"event": "purchase"}'
SECRET = "You spent 12.50 at Cafe Sol"


@pytest.fixture(scope="module")
def server() -> Iterator[FakeModels]:
    with fake_models() as fake:
        fake.answers["good"] = GOOD
        yield fake


@pytest.fixture
def fake(server: FakeModels) -> FakeModels:
    server.requests.clear()
    server.headers.clear()
    server.refuses_fields.clear()
    server.refuses_formats.clear()
    server.is_loading, server.elsewhere, server.api_key = False, 0, ""
    return server


def endpoint(fake: FakeModels, **changes: Any) -> Endpoint:
    kind = changes.pop("kind", BackendKind.OPENAI)
    return replace(
        Endpoint(
            kind, fake.base_url, "key", PRESETS[kind].capabilities, deadline_seconds=5,
            allowed_private_hosts=("127.0.0.1",),
        ),
        **changes,
    )  # fmt: skip


def prompt(model: str) -> Prompt:
    return Prompt(model, "Read the message.", SECRET, SCHEMA, "reading", max_tokens=300)


@pytest.mark.parametrize("kind", list(BackendKind))
def test_each_kind_of_server_answers_in_its_own_way(fake: FakeModels, kind: BackendKind) -> None:
    answer = ask(endpoint(fake, kind=kind), prompt("good"))
    assert (answer.outcome, answer.body) == (Outcome.OK, {"event": "purchase"})
    (sent,) = fake.requests
    able = PRESETS[kind].capabilities
    assert sent[able.limit_field] == 300
    assert ("store" in sent) == able.has_store
    assert sent["response_format"]["type"] == able.structured
    assert "tools" not in sent
    assert sent["messages"][-1] == {"role": "user", "content": SECRET}


@pytest.mark.parametrize(
    ("model", "outcome"),
    [
        ("fenced", Outcome.OK),
        ("odd-usage", Outcome.OK),
        ("prose", Outcome.MALFORMED),
        ("off-schema", Outcome.SCHEMA_VIOLATION),
        ("cut-off", Outcome.TRUNCATED),
        ("filtered", Outcome.FILTERED),
        ("refusing", Outcome.REFUSED),
        ("silent", Outcome.EMPTY),
        ("impostor", Outcome.WRONG_MODEL),
        ("html", Outcome.BROKEN_REPLY),
        ("error-200", Outcome.BROKEN_REPLY),
        ("broken-json", Outcome.BROKEN_REPLY),
        ("no-choices", Outcome.BROKEN_REPLY),
        ("rate-limited", Outcome.RATE_LIMITED),
        ("spent", Outcome.QUOTA),
        ("failing", Outcome.UNAVAILABLE),
        ("locked", Outcome.UNAUTHORIZED),
        ("too-long", Outcome.TOO_LONG),
        ("unheard-of", Outcome.NOT_FOUND),
        ("moved", Outcome.REDIRECTED),
        ("cut-connection", Outcome.UNAVAILABLE),
    ],
)
def test_every_end_of_a_call_has_its_name(fake: FakeModels, model: str, outcome: Outcome) -> None:
    answer = ask(endpoint(fake), prompt(model))
    assert answer.outcome == outcome, answer
    assert (answer.body is not None) == (outcome == Outcome.OK)
    assert len(fake.requests) == 1, "the job layer retries, not the client"
    assert fake.elsewhere == 0, "a redirect would send the message elsewhere"
    assert "12.50" not in repr(answer)


@pytest.mark.parametrize("model", ["prose", "off-schema", "cut-off", "refusing", "impostor"])
def test_what_was_paid_for_is_counted_also_where_the_answer_is_of_no_use(
    fake: FakeModels, model: str
) -> None:
    usage = ask(endpoint(fake), prompt(model)).usage
    assert (usage.prompt, usage.cached, usage.completion, usage.reasoning) == (321, 128, 45, 7)


def test_usage_that_is_no_number_is_not_known(fake: FakeModels) -> None:
    assert not ask(endpoint(fake), prompt("odd-usage")).usage.is_known


def test_a_server_that_drips_bytes_is_left_at_the_deadline(fake: FakeModels) -> None:
    answer = ask(endpoint(fake, deadline_seconds=0.4), prompt("dripping"))
    assert answer.outcome == Outcome.TIMEOUT
    assert answer.latency_ms < 3000


def test_a_wait_that_the_server_asks_for_is_kept(fake: FakeModels) -> None:
    assert ask(endpoint(fake), prompt("rate-limited")).retry_after_seconds == 7


def test_nothing_of_the_environment_is_sent(
    fake: FakeModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-operator")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-operator")
    monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-operator")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    monkeypatch.setenv("HTTP_PROXY", "http://192.0.2.1:1")
    assert ask(endpoint(fake), prompt("good")).outcome == Outcome.OK
    assert "of-the-operator" not in str(fake.headers)


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:11434/v1",
        "http://[::1]/v1",
        "http://169.254.169.254/latest",
        "http://10.0.0.1/v1",
        "https://user:secret@example.com/v1",
        "ftp://example.com",
        "file:///etc/passwd",
        "http://example.com:port/v1",
        "http://0x7f000001/v1",
        "",
    ],
)
def test_an_address_inside_or_unfit_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        check_address(address, ())


def test_plain_http_goes_to_hosts_of_the_operator_s_alone() -> None:
    with pytest.raises(AddressRefused, match="unencrypted"):
        check_address("http://93.184.215.14/v1", ())
    assert check_address("http://127.0.0.1/v1", ["127.0.0.0/8"]) == ["127.0.0.1"]


def test_an_address_that_is_not_allowed_is_not_asked(fake: FakeModels) -> None:
    answer = ask(endpoint(fake, allowed_private_hosts=()), prompt("good"))
    assert answer.outcome == Outcome.NOT_ALLOWED
    assert fake.requests == []


def test_probing_finds_the_strictest_way_that_works(fake: FakeModels) -> None:
    fake.answers["probed"] = '{"word": "ready"}'
    fake.refuses_formats["json_schema"] = 500
    fake.refuses_fields = {"max_completion_tokens"}
    found, answer = probe(endpoint(fake, capabilities=Capabilities()), "probed")
    assert answer.outcome == Outcome.OK
    assert found.capabilities.structured == StructuredMode.JSON_OBJECT
    assert found.capabilities.limit_field == "max_tokens"
    assert SECRET not in str(fake.requests)


def test_probing_stops_where_another_way_cannot_help(fake: FakeModels) -> None:
    _, answer = probe(endpoint(fake), "locked")
    assert answer.outcome == Outcome.UNAUTHORIZED
    assert len(fake.requests) == 1


def test_health_tells_what_is_wrong_in_words(fake: FakeModels) -> None:
    local = endpoint(fake, kind=BackendKind.LLAMA_CPP)
    assert "good" in check_health(local).models
    fake.is_loading = True
    assert "loading" in check_health(local).detail
    fake.is_loading, fake.api_key = False, "another"
    assert "API key" in check_health(local).detail
    gone = replace(local, base_url="http://127.0.0.1:9/v1")
    assert "cannot be reached" in check_health(gone).detail
