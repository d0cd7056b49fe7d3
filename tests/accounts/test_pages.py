"""Pages for signing in, choosing a ledger, settings and sharing."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.invitations import token_of
from accounts.models import ApiToken, Invitation, Membership, Role, User
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.make import PASSWORD, make_member, make_tenant
from tests.pages import form_values, member, part, signed_in

SETTINGS = (
    "/settings/",
    "/settings/password/",
    "/settings/ledger/",
    "/settings/members/",
    "/settings/roles/",
    "/settings/tokens/",
)


def test_signing_in_leads_to_the_page_that_was_asked_for(tenant: Tenant, client: Client) -> None:
    make_member(tenant)
    asked = client.get("/transactions/?state=void")
    assert asked.status_code == 302
    answer = client.post(
        asked["Location"], {"email": "alice@example.org", "password": PASSWORD}, follow=True
    )
    assert answer.redirect_chain[-1][0] == "/transactions/?state=void"
    assert answer.status_code == 200


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org"])
def test_a_refused_sign_in_keeps_the_address_and_tells_nobody_who_exists(
    tenant: Tenant, client: Client, email: str
) -> None:
    make_member(tenant)
    answer = client.post("/login/", {"email": email, "password": "wrong"})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert form_values(html)["email"] == email
    assert "do not match an account" in html
    assert "wrong" not in form_values(html).values()


def test_signing_in_never_leads_to_a_foreign_site(tenant: Tenant, client: Client) -> None:
    make_member(tenant)
    answer = client.post(
        "/login/?next=https://evil.example/",
        {"email": "alice@example.org", "password": PASSWORD},
    )
    assert answer["Location"] == "/"


@pytest.mark.parametrize("address", ["foo", "login", "a?b"])
def test_a_next_page_without_a_slash_is_an_address_and_no_view(
    tenant: Tenant, client: Client, address: str
) -> None:
    make_member(tenant)
    answer = client.post(
        "/login/", {"email": "alice@example.org", "password": PASSWORD, "next": address}
    )
    assert (answer.status_code, answer["Location"]) == (302, address)


def test_registering_keeps_what_was_typed_when_the_password_is_too_weak(
    client: Client, db: None
) -> None:
    typed = {
        "name": "Åsa",
        "email": "asa@example.org",
        "password": "12345678",
        "currency": "SEK",
        "time_zone": "Europe/Stockholm",
    }
    answer = client.post("/register/", typed)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert form_values(html)["name"] == "Åsa"
    assert '<option value="SEK" selected>' in html
    assert not User.objects.exists()


def test_registering_opens_a_ledger_in_the_chosen_currency_and_zone(
    client: Client, db: None
) -> None:
    answer = client.post(
        "/register/",
        {
            "name": "Åsa",
            "email": "asa@example.org",
            "password": PASSWORD,
            "currency": "SEK",
            "time_zone": "Europe/Stockholm",
        },
    )
    assert answer["Location"] == "/login/code/"
    tenant = Tenant.objects.get()
    assert (tenant.currency, tenant.time_zone) == ("SEK", "Europe/Stockholm")


def test_a_wrong_code_is_told_in_place(client: Client, db: None) -> None:
    client.post("/login/send-code/", {"email": "nobody@example.org"})
    answer = client.post("/login/code/", {"code": "123 456"})
    assert answer.status_code == 422
    assert "That is not the code" in answer.content.decode()


def test_signing_out_takes_a_post_and_ends_the_session(tenant: Tenant) -> None:
    browser = member(tenant)
    assert browser.get("/sign-out/").status_code == 405
    browser.post("/sign-out/")
    assert browser.get("/").status_code == 302


def test_a_part_of_a_page_sends_a_stranger_to_the_whole_sign_in_page(
    client: Client, db: None
) -> None:
    answer = part(client, "/transactions/")
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith("/login/")


@pytest.mark.parametrize("address", SETTINGS)
def test_every_settings_page_answers_an_admin(tenant: Tenant, address: str) -> None:
    assert member(tenant).get(address).status_code == 200


@pytest.mark.parametrize("address", ["/settings/members/", "/settings/roles/", "/settings/ledger/"])
def test_a_plain_user_sees_but_cannot_change_what_is_shared(tenant: Tenant, address: str) -> None:
    browser = member(tenant, "user")
    assert browser.get(address).status_code == 200
    assert browser.post(address, {"name": "Mine"}).status_code == 403
    tenant.refresh_from_db()
    assert tenant.name == "Home"


def test_members_of_a_foreign_tenant_are_not_there(tenant: Tenant, stranger: Tenant) -> None:
    make_member(stranger, email="bob@example.org")
    with tenant_scope(stranger.id):
        foreign = Membership.objects.get()
    answer = member(tenant).post(f"/settings/members/{foreign.id}/remove/")
    assert answer.status_code == 404
    with tenant_scope(stranger.id):
        assert Membership.objects.filter(id=foreign.id).exists()


def test_the_last_admin_cannot_leave_and_is_told_why(tenant: Tenant) -> None:
    browser = member(tenant)
    with tenant_scope(tenant.id):
        mine = Membership.objects.get()
    answer = browser.post(f"/settings/members/{mine.id}/remove/")
    assert answer.status_code == 422
    assert "last admin" in answer.content.decode()


def test_an_invited_person_joins_with_the_offered_role(tenant: Tenant) -> None:
    browser = member(tenant)
    with tenant_scope(tenant.id):
        role = Role.objects.get(key="user")
    browser.post("/settings/members/", {"email": "eve@example.org", "role": str(role.id)})
    with tenant_scope(tenant.id):
        invitation = Invitation.objects.get()
    other = make_tenant(name="Eve’s own")
    eve = signed_in(make_member(other, email="eve@example.org"))
    address = f"/join/?token={token_of(invitation)}"
    assert "Join “Home”" in eve.get(address).content.decode()
    assert eve.post(address)["Location"] == "/"
    with tenant_scope(tenant.id):
        assert Membership.objects.get(user__email="eve@example.org").role == role


def test_a_used_invitation_says_so(client: Client, db: None) -> None:
    answer = client.get("/join/?token=forged")
    assert answer.status_code == 400
    assert "used, revoked or expired" in answer.content.decode()


def test_somebody_with_several_ledgers_chooses_before_anything_is_shown(
    tenant: Tenant, stranger: Tenant
) -> None:
    user = make_member(tenant)
    with tenant_scope(stranger.id):
        Membership.objects.create(user=user, role=Role.objects.get(key="user"))
    browser = signed_in(user)
    assert browser.get("/transactions/")["Location"] == "/ledgers/"
    assert browser.post("/ledgers/", {"tenant": str(stranger.id)})["Location"] == "/"
    assert "Next door" in browser.get("/").content.decode()
    assert "Switch ledger" in browser.get("/").content.decode()


def test_a_token_is_shown_once_and_kept_as_a_hash(tenant: Tenant) -> None:
    browser = member(tenant)
    answer = browser.post(
        "/settings/tokens/", {"name": "Script", "days": "30", "scopes": ["transactions:read"]}
    )
    secret = re.search(r"inl_[\w-]{20,}", answer.content.decode())
    assert secret is not None
    assert secret[0] not in browser.get("/settings/tokens/").content.decode()
    with tenant_scope(tenant.id):
        token = ApiToken.objects.get()
    assert browser.post(f"/settings/tokens/{token.id}/revoke/").status_code == 302
    assert "Script" not in browser.get("/settings/tokens/").content.decode()


def test_a_password_is_changed_only_with_the_old_one(tenant: Tenant) -> None:
    browser = member(tenant)
    new = "a whole new password"
    wrong = {"current_password": "wrong", "new_password": new}
    assert browser.post("/settings/password/", wrong).status_code == 422
    right = {"current_password": PASSWORD, "new_password": new}
    assert browser.post("/settings/password/", right).status_code == 302
    # The session that changed it stays open.
    assert browser.get("/settings/").status_code == 200
    assert User.objects.get().check_password(new)


def test_a_ledger_in_a_currency_of_the_past_keeps_it(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(currency="HRK")
    browser = member(tenant)
    page = browser.get("/settings/ledger/").content.decode()
    assert '<option value="HRK" selected>' in page
    assert '<option value="DEM"' not in page
    form = {"name": "Dom", "currency": "HRK", "time_zone": "Europe/Zagreb"}
    assert browser.post("/settings/ledger/", form).status_code == 302
    tenant.refresh_from_db()
    assert (tenant.name, tenant.currency) == ("Dom", "HRK")
