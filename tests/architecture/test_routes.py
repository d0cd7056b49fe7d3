"""Every address, asked by those who may not: nobody, and a member of another tenant.

The routes come from the URLconf, so a new one is walked without being listed here; one that the
walk cannot make a row for fails it.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.tokens import start_session
from finance.categories import seed_default_categories
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.architecture.routes import Route, all_routes
from tests.architecture.rows import MAKERS, NOT_GROWING, World, make_row
from tests.make import make_member

# Open to those who have not signed in.
PUBLIC = {
    "/livez": "a load balancer asks",
    "/readyz": "a load balancer asks",
    "/api/schema": "describes the API, shows nothing of anybody",
    "/api/docs": "the same, for people",
    "/api/auth/register": "the way in",
    "/api/auth/login": "the way in",
    "/api/auth/refresh": "carries its own proof",
    "/api/auth/logout": "carries its own proof",
    "/api/auth/otp/request": "the way in",
    "/api/auth/otp/verify": "the way in",
    "/api/auth/password/reset-request": "the way back in",
    "/api/auth/password/reset": "the way back in",
    "/api/v1/inbound": "carries its own proof",
}
# Parameters that do not name a row.
NOT_A_ROW = {"kind": "a kind of job or of notice, the same for every tenant"}

API = [route for route in all_routes() if route.is_api]
CLOSED = [route for route in API if route.template not in PUBLIC]
ABOUT_A_ROW = [route for route in API if set(route.parameters) - set(NOT_A_ROW)]
# Lists of what every tenant has, not of rows.
NOT_ROWS = {
    "/api/v1/notification-preferences", "/api/v1/model-policy", "/api/v1/mail-policy",
    "/api/v1/task-policy",
    "/api/v1/inbound-address",
}  # fmt: skip

LISTS = [route for route in API if route.lists and route.template not in NOT_ROWS]
PAGES_ABOUT_A_ROW = [route for route in all_routes() if not route.is_api and route.parameters]


def populated(tenant: Tenant, email: str) -> World:
    world = World(tenant, make_member(tenant, email=email))
    with tenant_scope(tenant.id):
        seed_default_categories()
    return world


@pytest.fixture
def home(tenant: Tenant) -> World:
    return populated(tenant, "alice@example.org")


@pytest.fixture
def next_door(stranger: Tenant) -> World:
    return populated(stranger, "charlie@example.org")


@pytest.fixture
def alice(home: World) -> APIClient:
    """Signed in, an admin of her own tenant."""
    access = start_session(home.member).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


def row_of(world: World, route: Route) -> Any:
    assert route.model is not None, f"{route}: give its viewset a queryset, for the walk to know."
    with tenant_scope(world.tenant.id):
        return make_row(route.model, world)


def ask(client: APIClient, method: str, address: str) -> Any:
    return getattr(client, method)(address, *(() if method == "get" else ({},)))


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_nobody_gets_in_without_signing_in(route: Route, db: None) -> None:
    for method, _ in route.actions:
        answer = ask(APIClient(), method, route.address(uuid.uuid4()))
        assert answer.status_code == 401, (method, answer.content)
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("route", ABOUT_A_ROW, ids=str)
def test_a_row_next_door_is_not_there(route: Route, next_door: World, alice: APIClient) -> None:
    row = row_of(next_door, route)
    for method, action in route.actions:
        answer = ask(alice, method, route.address(row.pk))
        assert answer.status_code in refusals(route, method), (method, action, answer.content)
    with tenant_scope(next_door.tenant.id):
        assert type(row)._default_manager.filter(pk=row.pk).exists()


def refusals(route: Route, method: str) -> set[int]:
    """404, as for a row that does not exist. Changing a user is the super admin's alone, whoever
    it is."""
    return {404, 403} if (route.template, method) == ("/api/v1/users/<pk>", "patch") else {404}


@pytest.mark.parametrize("route", ABOUT_A_ROW, ids=str)
def test_the_same_row_is_there_for_its_own_tenant(
    route: Route, home: World, alice: APIClient
) -> None:
    """Else the test above would pass for an address that never answers."""
    for method, action in route.actions:
        address = route.address(row_of(home, route).pk)
        assert ask(alice, method, address).status_code not in (401, 404, 500), (method, action)


@pytest.mark.parametrize("route", CLOSED, ids=str)
def test_another_tenant_cannot_be_entered_by_naming_it(
    route: Route, next_door: World, alice: APIClient
) -> None:
    elsewhere = {"X-Tenant-ID": str(next_door.tenant.id)}
    for method, _ in route.actions:
        address = route.address(uuid.uuid4())
        answer = getattr(alice, method)(address, headers=elsewhere)
        assert answer.status_code in (403, 404), (method, answer.content)


@pytest.mark.parametrize("route", LISTS, ids=str)
def test_a_list_shows_the_rows_of_its_own_tenant_alone(
    route: Route, home: World, next_door: World, alice: APIClient
) -> None:
    mine, theirs = row_of(home, route), row_of(next_door, route)
    text = alice.get(route.whole_list).content.decode()
    assert str(mine.pk) in text
    assert str(theirs.pk) not in text
    assert str(next_door.tenant.pk) not in text


@pytest.mark.parametrize(
    "route", [route for route in LISTS if route.template not in NOT_GROWING], ids=str
)
def test_a_list_asks_the_database_no_more_often_when_it_is_longer(
    route: Route, home: World, alice: APIClient
) -> None:
    def rows_and_queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            answer = alice.get(route.whole_list)
        assert answer.status_code == 200, answer.content
        return len(answer.json()["data"]), len(queries)

    row_of(home, route)
    rows_and_queries()
    rows, asked = rows_and_queries()
    for _ in range(5):
        row_of(home, route)
    more_rows, asked_then = rows_and_queries()
    assert more_rows >= rows + 5
    assert asked_then == asked


@pytest.mark.parametrize("route", PAGES_ABOUT_A_ROW, ids=str)
def test_a_page_about_a_row_next_door_is_not_there(
    route: Route, home: World, next_door: World, client: Client
) -> None:
    client.force_login(home.member)
    for kind in possible_rows(route):
        with tenant_scope(next_door.tenant.id):
            row = MAKERS[kind](next_door)
        for method, _ in route.actions:
            answer = getattr(client, method)(route.address(row.pk))
            assert answer.status_code in (404, 405), (row, method)


def possible_rows(route: Route) -> list[str]:
    """The kinds of row that a page's last parameter may mean: `account_id` an account of either
    kind; one that is called like none (`item_id`) any."""
    meant = route.parameters[-1].removesuffix("_id").replace("_", "")
    return [kind for kind in MAKERS if kind.lower().endswith(meant)] or list(MAKERS)


def test_the_lists_of_exceptions_are_true() -> None:
    templates = {route.template for route in all_routes()}
    assert set(PUBLIC) | set(NOT_GROWING) <= templates
    assert set(NOT_A_ROW) <= {name for route in API for name in route.parameters}
