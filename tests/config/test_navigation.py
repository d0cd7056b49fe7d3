"""The navigation is data: every place is there, opens for whoever sees it, and is marked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from config import navigation
from tenancy.models import Tenant
from tenancy.permissions import PERMISSIONS
from tests.pages import member

PLACES = [
    place
    for groups in (navigation.MAIN, navigation.FOOT, navigation.SETTINGS)
    for group in groups
    for place in group.places
]


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.address)
def test_every_place_opens_and_is_marked_where_one_is(
    browser: Client, place: navigation.Place
) -> None:
    assert not place.permission or place.permission in PERMISSIONS
    href = reverse(place.address)
    html = browser.get(href).content.decode()
    if 'id="nav"' in html:
        current = re.findall(r'<a href="([^"]+)"\s+aria-current="page"', html)
        assert href in current or place in navigation.SETTINGS[1].places


def test_every_icon_is_drawn() -> None:
    drawn = Path("static/img/icons.svg").read_text(encoding="utf-8")
    for place in PLACES:
        assert f'id="{place.icon}"' in drawn


def test_the_bottom_bar_of_a_phone_has_four_seats() -> None:
    assert len(navigation.MAIN[0].places) == 4


def test_what_one_may_not_see_is_left_out(in_tenant: Tenant) -> None:
    Role.objects.create(key="mail", name="Mail", permissions=["mail:read"])
    html = member(in_tenant, "mail").get("/settings/").content.decode()
    assert 'href="/emails/"' in html
    assert 'href="/transactions/"' not in html
    assert 'href="/settings/members/"' not in html
