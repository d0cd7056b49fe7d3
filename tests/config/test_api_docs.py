"""The API's own documents: OpenAPI, Swagger UI from this server alone; CORS."""

from __future__ import annotations

import re
from typing import Any

import yaml
from django.conf import LazySettings
from django.test import Client
from rest_framework.test import APIClient


def document(client: Client) -> dict[str, Any]:
    answer = client.get("/api/schema")
    assert answer.status_code == 200
    loaded: dict[str, Any] = yaml.safe_load(answer.content)
    return loaded


def test_the_document_shows_envelope_problems_and_headers(api: APIClient) -> None:
    described = document(api)
    listing = described["paths"]["/api/test/roles"]["get"]
    answer = listing["responses"]["200"]["content"]["application/json"]["schema"]
    page = described["components"]["schemas"][answer["$ref"].rpartition("/")[2]]
    assert set(page["properties"]) == {"data", "next", "count"}
    names = {parameter["name"] for parameter in listing["parameters"]}
    assert names >= {"limit", "cursor", "count", "key", "name__icontains"}
    assert listing["responses"]["400"] == {"$ref": "#/components/responses/400"}
    problem = described["components"]["responses"]["400"]["content"]
    assert problem["application/problem+json"]["schema"]["$ref"] == "#/components/schemas/Problem"


def test_a_real_problem_has_the_shape_that_the_document_tells(api: APIClient) -> None:
    shape = document(api)["components"]["schemas"]["Problem"]
    body = api.get("/api/test/roles?limit=x").json()
    assert set(shape["required"]) <= set(body) <= set(shape["properties"])
    assert set(body["errors"][0]) == set(shape["properties"]["errors"]["items"]["required"])


def test_the_document_tells_both_ways_in(client: Client, db: None) -> None:
    described = document(client)
    assert set(described["components"]["securitySchemes"]) == {"bearer", "session"}
    operation = described["paths"]["/api/v1/transactions"]["get"]
    assert operation["security"] == [{"bearer": []}, {"session": []}]


def test_the_documentation_page_loads_nothing_from_elsewhere(client: Client, db: None) -> None:
    page = client.get("/api/docs")
    assert page.status_code == 200
    loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", page.content.decode())
    assert loaded
    assert [address for address in loaded if "//" in address] == []
    for address in loaded:
        if address.startswith("/static/"):
            assert client.get(address).status_code == 200, address


def test_another_origin_reads_the_api_only_when_it_is_named(
    client: Client, db: None, settings: LazySettings
) -> None:
    origin = "https://app.example.org"
    assert "Access-Control-Allow-Origin" not in ask(client, origin)
    settings.CORS_ALLOWED_ORIGINS = [origin]
    assert ask(client, origin)["Access-Control-Allow-Origin"] == origin
    assert "Access-Control-Allow-Origin" not in ask(client, "https://evil.example.org")


def ask(client: Client, origin: str) -> Any:
    return client.get("/api/v1/", headers={"Origin": origin}).headers
