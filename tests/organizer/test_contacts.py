"""Contacts at the API: kept encrypted, found, related, linked to merchants, merged and parted."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from accounts.models import Role
from accounts.tokens import start_session
from finance.merchants.keeping import add_merchant
from organizer.contacts.keeping import add_contact, change_contact, link_merchant, relate
from organizer.contacts.merging import merge_contacts, part_contact
from organizer.contacts.sealing import card_of
from organizer.errors import OrganizerError
from organizer.models import Contact, ContactKey, ContactRelation
from tenancy.models import Tenant
from tenancy.rotation import Column, rotate
from tenancy.scope import tenant_scope
from tests.finance.make import make_account, make_posted
from tests.make import make_member

API = "/api/v1/contacts"
MIRA = {
    "name": "Mira Thalberg", "emails": [{"value": "Mira@Post.example", "types": ["home"]}],
    "phones": [{"value": "+49 151 234 5678", "types": ["cell"], "is_preferred": True}],
    "addresses": [{"street": "Am Hang 4", "locality": "Ulm"}], "birthday": "--0309",
    "notes": "kennt den Hausmeister", "tags": ["Familie"],
}  # fmt: skip


def client(tenant: Tenant, role: str = "admin", email: str = "bob@example.org") -> APIClient:
    access = start_session(make_member(tenant, role, email=email)).access
    return APIClient(headers={"Authorization": f"Bearer {access}"})


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    return client(in_tenant)


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["data"]]


def test_a_contact_is_added_changed_and_removed(api: APIClient) -> None:
    made = api.post(API, MIRA, format="json")
    assert made.status_code == 201, made.content
    body = made.json()
    assert body["emails"] == [
        {"value": "Mira@Post.example", "types": ["home"], "label": "", "is_preferred": False}
    ]
    url = f"{API}/{body['id']}"
    changed = api.patch(url, {"job_title": "Ärztin", "interacted_on": "2026-05-01"}, format="json")
    assert changed.json()["job_title"] == "Ärztin"
    assert changed.json()["last_interaction"] == "2026-05-01"
    assert changed.json()["phones"] == body["phones"]
    assert api.get(url).json() == changed.json()
    assert api.delete(url).status_code == 204
    assert api.get(url).status_code == 404
    assert not ContactKey.objects.exists()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "blank"),
        ({"name": "x", "birthday": "2026-02-30"}, "date"),
        ({"name": "x", "emails": [{"value": "no address"}]}, "email"),
        ({"name": "x", "kind": "robot"}, "invalid_choice"),
        ({"name": "x", "colour": "red"}, "unknown_field"),
        ({"name": "x", "notes": "n" * 20_001}, "max_length"),
        ({"name": "x", "phones": [{"value": str(n)} for n in range(51)]}, "too_many"),
        ({"name": "x", "interacted_on": "1066-10-14"}, "date_out_of_range"),
    ],
)
def test_what_cannot_be_kept_is_refused(api: APIClient, body: dict[str, Any], code: str) -> None:
    answer = api.post(API, body, format="json")
    assert answer.status_code == 400
    assert code in answer.content.decode(), answer.content
    assert not Contact.objects.exists()


def test_without_a_name_it_is_called_by_what_is_known(api: APIClient) -> None:
    for body, name in (
        ({"parts": {"given": "Ann", "family": "Lee"}}, "Ann Lee"),
        ({"organisation": "Stadtwerke"}, "Stadtwerke"),
        ({"emails": [{"value": "a@b.example"}]}, "a@b.example"),
    ):
        assert api.post(API, body, format="json").json()["name"] == name


def test_nothing_personal_is_readable_in_the_database(api: APIClient) -> None:
    api.post(API, MIRA, format="json")
    with connection.cursor() as cursor:
        for table in ("organizer_contact", "organizer_contactkey"):
            cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
            text = str(cursor.fetchall()).lower()
            for secret in ("post.example", "2345678", "hausmeister", "am hang", "0309"):
                assert secret not in text, (table, secret)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=thal", ["Mira Thalberg"]), ("q=MIRA", ["Mira Thalberg"]),
        ("q=mira@post.example", ["Mira Thalberg"]), ("q=post.example", []),
        ("q=0151 2345678", ["Mira Thalberg"]), ("q=rechnung@stadtwerke.example", ["Stadtwerke"]),
        ("q=@stadtwerke.example", ["Stadtwerke"]), ("tag=familie", ["Mira Thalberg"]),
        ("tag=fam", []), ("kind=organisation", ["Stadtwerke"]),
        ("", ["Mira Thalberg", "Stadtwerke"]),
    ],
)  # fmt: skip
def test_contacts_are_found(api: APIClient, query: str, found: list[str]) -> None:
    api.post(API, MIRA, format="json")
    api.post(API, {"kind": "organisation", "name": "Stadtwerke",
                   "emails": [{"value": "@stadtwerke.example"}]}, format="json")  # fmt: skip
    assert names(api.get(f"{API}?{query}")) == found


def test_one_sees_what_was_paid_to_whom(in_tenant: Tenant, api: APIClient) -> None:
    account = make_account("Giro")
    make_posted(account, merchant="M. Thalberg", amount="-25", booked_on=date(2026, 3, 2))
    make_posted(account, merchant="M. Thalberg", amount="-5", booked_on=date(2026, 4, 2))
    merchant = api.get("/api/v1/merchants").json()["data"][0]["id"]
    contact = api.post(API, MIRA, format="json").json()["id"]
    answer = api.post(
        f"{API}/{contact}/link-merchant", {"merchant": merchant}, format="json"
    ).json()
    assert answer["paid"] == [{"amount": "30.00", "currency": "EUR"}]
    assert (answer["transactions"], answer["last_interaction"]) == (2, "2026-04-02")
    other = api.post(API, {"name": "Other"}, format="json").json()["id"]
    taken = api.post(f"{API}/{other}/link-merchant", {"merchant": merchant}, format="json")
    assert (taken.status_code, taken.json()["code"]) == (400, "merchant_taken")
    role = Role.objects.create(key="clerk", name="Clerk", permissions=["contacts:read"])
    clerk = client(in_tenant, role.key, "clerk@example.org")
    seen = clerk.get(f"{API}/{contact}").json()
    assert (seen["paid"], seen["merchants"], seen["last_interaction"]) == ([], [], None)
    assert clerk.patch(f"{API}/{contact}", {"name": "x"}, format="json").status_code == 403
    gone = api.post(
        f"{API}/{contact}/unlink-merchant", {"merchant": merchant}, format="json"
    ).json()
    assert gone["paid"] == []


def test_parents_never_go_in_a_circle(api: APIClient) -> None:
    ids = [api.post(API, {"name": name}, format="json").json()["id"] for name in "ABC"]

    def parent(child: int, of: int) -> Any:
        body = {"other": ids[of], "kind": "parent"}
        return api.post(f"{API}/{ids[child]}/relations", body, format="json")

    assert parent(0, 1).status_code == 201
    assert parent(1, 2).status_code == 201
    assert parent(2, 0).json()["code"] == "circle"
    assert parent(1, 1).json()["code"] == "same_contact"
    assert parent(0, 1).status_code == 201
    rows = api.get(f"{API}/{ids[1]}/relations").json()
    assert len(rows) == 2
    body = {"relation": rows[0]["id"]}
    assert api.post(f"{API}/{ids[1]}/unrelate", body, format="json").status_code == 204
    assert len(api.get(f"{API}/{ids[1]}/relations").json()) == 1


def test_a_merge_that_would_make_a_circle_is_refused(in_tenant: Tenant) -> None:
    child, middle, top = (add_contact(name=name) for name in ("Child", "Middle", "Top"))
    relate(child.pk, middle.pk, "parent")
    relate(middle.pk, top.pk, "parent")
    with pytest.raises(OrganizerError, match="circle"):
        merge_contacts(top.pk, child.pk)
    assert not Contact.objects.exclude(merged_into=None).exists()


def test_duplicates_are_found_merged_and_parted(api: APIClient) -> None:
    first = api.post(API, MIRA, format="json").json()
    second = api.post(
        API, {"name": "Thalberg, Mira", "organisation": "Klinik", "notes": "neu",
              "phones": [{"value": "0151 2345678"}, {"value": "0731 99"}],
              "emails": [{"value": "mira@post.example"}, {"value": "m@klinik.example"}]},
        format="json",
    ).json()  # fmt: skip
    api.post(API, {"name": "Somebody else"}, format="json")
    (pair,) = api.get(f"{API}/duplicates").json()["data"]
    assert {pair["first"], pair["second"]} == {first["id"], second["id"]}
    body = {"into": first["id"]}
    joined = api.post(f"{API}/{second['id']}/merge", body, format="json").json()
    assert joined["id"] == first["id"]
    assert [row["value"] for row in joined["emails"]] == ["Mira@Post.example", "m@klinik.example"]
    assert [row["value"] for row in joined["phones"]] == ["+49 151 234 5678", "0731 99"]
    assert (joined["organisation"], joined["notes"]) == ("Klinik", "kennt den Hausmeister")
    assert names(api.get(f"{API}?q=m@klinik.example")) == ["Mira Thalberg"]
    assert api.get(f"{API}/duplicates").json()["data"] == []
    assert api.get(f"{API}/{second['id']}").status_code == 404
    parted = api.post(f"{API}/{second['id']}/part").json()
    assert parted["emails"] == second["emails"]
    again = api.get(f"{API}/{first['id']}").json()
    assert {**again, "updated_at": ""} == {**first, "updated_at": ""}


def test_parting_leaves_what_was_changed_since(in_tenant: Tenant) -> None:
    kept = add_contact(name="Kept")
    gone = add_contact(name="Gone", organisation="Old", urls=[{"value": "https://a.example"}])
    friend = add_contact(name="Friend")
    relate(gone.pk, friend.pk, "friend")
    relate(friend.pk, kept.pk, "parent")
    merchant = add_merchant("Shop")
    link_merchant(gone.pk, merchant.pk)
    merge_contacts(gone.pk, kept.pk)
    assert {row.contact_id for row in ContactRelation.objects.filter(kind="friend")} == {kept.pk}
    change_contact(kept.pk, {"organisation": "New", "notes": "added"})
    part_contact(gone.pk)
    kept.refresh_from_db()
    card = card_of(kept)
    assert (card.organisation, card.notes, card.urls) == ("New", "added", ())
    assert gone.merchant_links.get().merchant_id == merchant.pk
    assert ContactRelation.objects.get(kind="friend").contact_id == gone.pk
    assert ContactRelation.objects.get(kind="parent").other_id == kept.pk
    part_contact(gone.pk)


def test_a_merged_one_is_not_changed_or_merged_again(in_tenant: Tenant) -> None:
    one, other, third = (add_contact(name=name) for name in "ABC")
    merge_contacts(one.pk, other.pk)
    for verb in (
        lambda: change_contact(one.pk, {"name": "x"}),
        lambda: merge_contacts(third.pk, one.pk),
        lambda: relate(third.pk, one.pk, "friend"),
    ):
        with pytest.raises(OrganizerError, match="part them first"):
            verb()
    merge_contacts(other.pk, third.pk)
    with pytest.raises(OrganizerError, match="part them first"):
        part_contact(one.pk)


def test_keys_rotate_and_contacts_are_found_all_the_same(in_tenant: Tenant, settings: Any) -> None:
    row = add_contact(**MIRA)
    old = settings.FIELD_KEYS
    settings.FIELD_KEYS = f"new:{'QUFB' * 10}QUE=,{old}"
    for name, place, index in (("Contact", "details", ""), ("ContactKey", "value", "index")):
        done = rotate(Column(f"organizer.{name}", place, f"{name}.{place}", index))
        assert (done.changed > 0, done.unreadable) == (True, 0)
    settings.FIELD_KEYS = settings.FIELD_KEYS.partition(",")[0]
    with tenant_scope(in_tenant.pk):
        row.refresh_from_db()
        assert card_of(row).birthday == "--0309"
