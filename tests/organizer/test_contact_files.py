"""Contacts from files and back: a preview first, nothing twice, nothing lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from organizer.address_book.card import Card
from organizer.address_book.lines import raw_cards
from organizer.address_book.reading import read_vcards
from organizer.contacts import importing
from organizer.models import Contact, ContactImport, ContactRelation
from tenancy.models import Tenant
from tenancy.scope import tenant_scope
from tests.organizer.address_book.samples import SAMPLES
from tests.organizer.test_contacts import client

API = "/api/v1/contact-imports"
ALL = b"\r\n".join(data for data in SAMPLES.values() if data[:2] not in (b"\xff\xfe", b"\xfe\xff"))


@pytest.fixture
def api(in_tenant: Tenant) -> APIClient:
    return client(in_tenant)


def upload(api: APIClient, data: bytes, name: str = "contacts.vcf") -> Any:
    return api.post(API, {"file": SimpleUploadedFile(name, data)}, format="multipart")


def lines(api: APIClient, row: Any) -> list[Any]:
    found: list[Any] = api.get(f"{API}/{row['id']}/lines").json()["data"]
    return found


def exported(api: APIClient, form: str = "vcf") -> bytes:
    answer: Any = api.get(f"/api/v1/contacts/file?type={form}")
    return b"".join(answer.streaming_content)


def test_all_dialects_go_in_and_come_out_without_loss(api: APIClient) -> None:
    row = upload(api, ALL).json()
    assert {line["outcome"] for line in lines(api, row)} == {"new"}
    assert not Contact.objects.exists()
    applied = api.post(f"{API}/{row['id']}/apply").json()
    assert applied["result"] == {"new": len(list(raw_cards(ALL)))}
    before = {each.card.name: each.card for each in read_vcards(ALL) if each.card}
    after = {each.card.name: each.card for each in read_vcards(exported(api)) if each.card}
    assert after.keys() == before.keys()
    for name, card in after.items():
        assert _without_uid(card, before[name]) == before[name]
    assert ContactImport.objects.get().data == ""
    assert api.post(f"{API}/{row['id']}/apply").json()["code"] == "applied"
    assert lines(api, row) == []


def _without_uid(card: Card, before: Card) -> Card:
    import_made = {name: getattr(card, name) for name in Card.__slots__}
    return Card(**{**import_made, "uid": before.uid})


def test_the_same_file_again_changes_nothing_and_more_joins(api: APIClient) -> None:
    api.post(f"{API}/{upload(api, SAMPLES['google_3']).json()['id']}/apply")
    again = upload(api, SAMPLES["google_3"] + SAMPLES["google_3"].replace(b"Ulm", b"Bonn")).json()
    assert [line["outcome"] for line in lines(api, again)] == ["same", "joined"]
    assert api.post(f"{API}/{again['id']}/apply").json()["result"] == {"same": 1, "joined": 1}
    assert Contact.objects.count() == 1
    assert b"Ulm" in exported(api)
    assert b"Bonn" in exported(api)
    from_own = upload(api, exported(api)).json()
    assert [line["outcome"] for line in lines(api, from_own)] == ["same"]


def vcard(name: str, *related: str) -> str:
    lines = (
        "BEGIN:VCARD", "VERSION:4.0", f"FN:{name}", f"UID:urn:uuid:{name.lower()}", *related,
        "END:VCARD", "",
    )  # fmt: skip
    return "\r\n".join(lines)


def test_relations_go_in_and_come_out(api: APIClient, stranger: Tenant) -> None:
    told = (
        "RELATED;TYPE=parent:urn:uuid:mia", "RELATED;VALUE=uri;TYPE=Spouse:urn:uuid:tom",
        "RELATED;TYPE=friend:urn:uuid:nobody", "RELATED;VALUE=text;TYPE=emergency:Aunt May",
    )  # fmt: skip
    # Mia would be above herself, which stays a line of hers.
    mia = vcard("Mia", "RELATED;TYPE=child:urn:uuid:tom", "RELATED;TYPE=parent:urn:uuid:ann")
    data = vcard("Ann", *told) + vcard("Tom") + mia
    row = upload(api, data.encode()).json()
    assert api.post(f"{API}/{row['id']}/apply").json()["result"] == {"new": 3}
    found = ContactRelation.objects.values_list("contact__name", "kind", "other__name")
    assert sorted(found) == [
        ("Ann", "parent", "Mia"), ("Ann", "partner", "Tom"), ("Tom", "parent", "Mia"),
    ]  # fmt: skip
    out = exported(api).decode()
    for line in (
        "RELATED;TYPE=parent:urn:uuid:mia", "RELATED;TYPE=spouse:urn:uuid:tom",
        "RELATED;TYPE=friend:urn:uuid:nobody", "RELATED;VALUE=text;TYPE=emergency:Aunt May",
        "RELATED;TYPE=parent:urn:uuid:ann",
    ):  # fmt: skip
        assert out.count(f"{line}\r\n") == (2 if line.endswith("mia") else 1), line
    again = upload(api, exported(api)).json()
    assert {line["outcome"] for line in lines(api, again)} == {"same"}
    # What a person takes back is not told any more.
    ContactRelation.objects.filter(kind="partner").delete()
    assert "spouse" not in exported(api).decode()
    with tenant_scope(stranger.pk):
        theirs = client(stranger, email="eve@example.org")
        copy = upload(theirs, out.encode()).json()
        assert theirs.post(f"{API}/{copy['id']}/apply").json()["result"] == {"new": 3}
        assert ContactRelation.objects.count() == 3
    more = upload(api, vcard("Tom", "RELATED;TYPE=sibling:urn:uuid:ann").encode()).json()
    assert [line["outcome"] for line in lines(api, more)] == ["joined"]
    api.post(f"{API}/{more['id']}/apply")
    assert ContactRelation.objects.filter(kind="sibling").count() == 1


def test_bad_cards_are_named_and_the_others_are_taken(api: APIClient) -> None:
    large = (
        b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Big\r\nNOTE:" + b"x" * 1_000_001 + b"\r\nEND:VCARD\r\n"
    )
    row = upload(api, large + SAMPLES["kde_3"] + b"BEGIN:VCARD\r\nFN:Cut\r\n").json()
    shown = lines(api, row)
    assert [line["outcome"] for line in shown] == ["refused", "new", "refused"]
    assert (shown[0]["line"], shown[0]["problem"]) == (1, "too_large")
    assert "photo smaller" in shown[0]["reason"]
    assert api.post(f"{API}/{row['id']}/apply").json()["result"] == {"refused": 2, "new": 1}
    assert [contact.name for contact in Contact.objects.all()] == ["Jan Novák"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b" ", "empty"), (b"Hello\n", "unreadable"), (b"%PDF-1.7 \xff\xfe\x00", "unreadable"),
        (b"Name,Phone\n", "empty"), (b"x" * (10 * 1024 * 1024 + 1), "too_large"),
        (b"Name\n" + b"A\n" * 5_001, "too_many"),
    ],
)  # fmt: skip
def test_what_is_no_file_of_contacts_is_refused(api: APIClient, data: bytes, code: str) -> None:
    answer = upload(api, data)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not ContactImport.objects.exists()


def test_a_table_goes_in_and_out(api: APIClient) -> None:
    row = upload(
        api, "Name;E-Mail;Handy\nJörg;j@gruen.example;0170 2\n".encode("cp1252"), "k.csv"
    ).json()
    api.post(f"{API}/{row['id']}/apply")
    assert "Jörg" in exported(api, "csv").decode()
    again = upload(api, exported(api, "csv"), "own.csv").json()
    assert [line["outcome"] for line in lines(api, again)] == ["same"]


def test_an_upload_that_nobody_looked_at_is_forgotten_later(
    in_tenant: Tenant, time_machine: Any
) -> None:
    time_machine.move_to("2026-05-01T10:00:00Z")
    first = importing.upload("a.vcf", SAMPLES["kde_3"])
    ContactImport.objects.filter(pk=first.pk).update(created_at="2026-05-01T10:00:00Z")
    time_machine.move_to("2026-05-04T10:00:00Z")
    importing.upload("b.vcf", SAMPLES["kde_3"])
    assert [row.name for row in ContactImport.objects.all()] == ["b.vcf"]
