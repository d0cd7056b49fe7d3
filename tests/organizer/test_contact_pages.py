"""The pages of contacts, without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from finance.merchants.keeping import add_merchant
from organizer.contacts.keeping import add_contact
from organizer.contacts.sealing import card_of
from organizer.models import Contact, ContactImport, ContactRelation
from tenancy.models import Tenant
from tests.finance.make import make_account, make_posted
from tests.organizer.address_book.samples import SAMPLES
from tests.pages import member, part

PLACES = {"address-TOTAL_FORMS": "2", "address-INITIAL_FORMS": "0"}
FILLED = {
    "name": "Mira Thalberg", "kind": "person", "given": "Mira", "family": "Thalberg",
    "emails": "work: mira@firma.example\nmira@post.example",
    "phones": "mobile: 0151 2345678\nHütte: 08 15 99",
    "urls": "https://mira.example", "tags": "Familie, Sport", "notes": "", "birthday": "",
    "organisation": "Firma", "job_title": "", "interacted_on": "2026-05-01", **PLACES,
    "address-0-street": "Am Hang 4", "address-0-locality": "Ulm", "address-0-type": "home",
}  # fmt: skip


@pytest.fixture
def browser(in_tenant: Tenant) -> Client:
    return member(in_tenant)


def page(browser: Client, address: str, **query: Any) -> str:
    answer = browser.get(address, query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def test_an_empty_list_says_how_to_begin(browser: Client) -> None:
    assert "Import contacts" in page(browser, "/contacts/")
    assert "No contact fits" in page(browser, "/contacts/", q="zzz")


def test_a_contact_is_written_down_and_changed(browser: Client) -> None:
    answer = browser.post("/contacts/new/", FILLED)
    assert answer.status_code == 302, answer.content.decode()
    row = Contact.objects.get()
    card = card_of(row)
    assert [(e.value, e.types, e.label) for e in (*card.emails, *card.phones)] == [
        ("mira@firma.example", ("work",), ""), ("mira@post.example", (), ""),
        ("0151 2345678", ("cell",), ""), ("08 15 99", (), "Hütte"),
    ]  # fmt: skip
    assert (card.urls[0].value, card.tags) == ("https://mira.example", ("Familie", "Sport"))
    assert (card.addresses[0].street, card.addresses[0].types) == ("Am Hang 4", ("home",))
    shown = page(browser, f"/contacts/{row.pk}/edit/")
    assert "cell: 0151 2345678" in shown
    again = {**FILLED, "address-0-street": "", "address-0-locality": "", "emails": "no address"}
    refused = browser.post(f"/contacts/{row.pk}/edit/", again)
    assert refused.status_code == 422
    assert "This is no e-mail address" in refused.content.decode()
    again["emails"] = "mira@post.example"
    assert browser.post(f"/contacts/{row.pk}/edit/", again).status_code == 302
    row.refresh_from_db()
    assert (len(card_of(row).emails), card_of(row).addresses) == (1, ())


def test_what_a_file_said_stays_when_the_form_is_saved(browser: Client) -> None:
    file = SimpleUploadedFile("a.vcf", SAMPLES["apple_ios"])
    row = browser.post("/contacts/import/", {"file": file})
    browser.post(row["Location"], {"verb": "apply"})
    contact = Contact.objects.get()
    before = card_of(contact)
    html = page(browser, f"/contacts/{contact.pk}/edit/")
    assert "Flat 2" in html
    form = {**FILLED, "name": before.name, "organisation": "Okafor", "birthday": "--0309",
            "emails": "_$!<Work>!$_: ade@okafor.example", "phones": "cell voice: +234 803 555 0100",
            "address-INITIAL_FORMS": "1", "address-0-street": "1 Broad Street\nFlat 2",
            "address-0-locality": "Lagos", "address-0-postcode": "101001",
            "address-0-country": "Nigeria"}  # fmt: skip
    assert browser.post(f"/contacts/{contact.pk}/edit/", form).status_code == 302
    contact.refresh_from_db()
    after = card_of(contact)
    assert (after.emails, after.phones, after.kept) == (before.emails, before.phones, before.kept)
    assert after.addresses[0].group == "item2"


def test_the_list_is_searched_and_goes_on(browser: Client) -> None:
    for number in range(60):
        add_contact(name=f"Contact {number:02}", tags=["all"])
    first = page(browser, "/contacts/", tag="all")
    assert "Contact 49" in first
    assert "Contact 50" not in first
    link = first.split('class="button plain" href="?')[1].split('"')[0].replace("&amp;", "&")
    following = page(browser, f"/contacts/?{link}")
    assert "Contact 50" in following
    assert "Contact 49" not in following
    assert "Contact 07" in page(browser, "/contacts/", q="07")


def test_money_and_relations_on_the_page_of_a_contact(browser: Client) -> None:
    row, boss = add_contact(name="Klempner Kurz"), add_contact(name="Boss")
    make_posted(make_account(), "-120", merchant="Klempner Kurz")
    merchant = add_merchant("Other")
    assert "Link “Klempner Kurz”" in page(browser, f"/contacts/{row.pk}/")
    browser.post(f"/contacts/{row.pk}/link/", {"merchant": "Klempner Kurz"})
    html = page(browser, f"/contacts/{row.pk}/")
    assert "120.00" in html
    assert browser.post(f"/contacts/{row.pk}/link/", {"merchant": "Nobody"}).status_code == 422
    browser.post(f"/contacts/{boss.pk}/link/", {"merchant": merchant.name})
    taken = browser.post(f"/contacts/{row.pk}/link/", {"merchant": merchant.name})
    assert "belongs to Boss" in taken.content.decode()
    browser.post(f"/contacts/{row.pk}/relate/", {"other": "Boss", "kind": "employer"})
    assert "Boss" in page(browser, f"/contacts/{row.pk}/")
    relation = ContactRelation.objects.get()
    body = {"verb": "unrelate", "id": relation.pk}
    browser.post(f"/contacts/{boss.pk}/decide/", body)
    assert not ContactRelation.objects.exists()
    assert "<article" in part(browser, f"/contacts/{row.pk}/").content.decode()[:200]


def test_duplicates_are_joined_and_parted_on_their_page(browser: Client) -> None:
    one = add_contact(name="Ann", emails=[{"value": "a@b.example"}])
    other = add_contact(name="Annie", emails=[{"value": "A@b.example"}])
    assert "Annie" in page(browser, "/contacts/duplicates/")
    browser.post(f"/contacts/{other.pk}/decide/", {"verb": "merge", "id": one.pk})
    assert "No duplicates" in page(browser, "/contacts/duplicates/")
    assert browser.get(f"/contacts/{other.pk}/")["Location"] == f"/contacts/{one.pk}/"
    assert "Part again" in page(browser, f"/contacts/{one.pk}/")
    browser.post(f"/contacts/{other.pk}/decide/", {"verb": "part"})
    browser.post(f"/contacts/{one.pk}/join/", {"other": "Annie"})
    assert Contact.objects.get(pk=one.pk).merged_into_id == other.pk
    assert browser.post(f"/contacts/{other.pk}/join/", {"other": "Nobody"}).status_code == 422
    browser.post(f"/contacts/{other.pk}/decide/", {"verb": "remove"})
    assert not Contact.objects.exists()


def test_a_file_is_looked_at_before_it_is_taken_over(browser: Client) -> None:
    bad = browser.post("/contacts/import/", {"file": SimpleUploadedFile("a.txt", b"hello")})
    assert bad.status_code == 422
    assert "neither vCards nor a table" in bad.content.decode()
    data = SAMPLES["kde_3"] + b"BEGIN:VCARD\r\nFN:Cut\r\n"
    where = browser.post("/contacts/import/", {"file": SimpleUploadedFile("a.vcf", data)})[
        "Location"
    ]
    html = page(browser, where)
    assert "Jan Novák" in html
    assert "breaks off" in html
    assert not Contact.objects.exists()
    browser.post(where, {"verb": "apply"})
    assert Contact.objects.get().name == "Jan Novák"
    assert "taken over" in page(browser, where)
    got: Any = browser.get("/contacts/contacts.vcf")
    assert b"FN:Jan Nov" in b"".join(got.streaming_content)
    other = browser.post("/contacts/import/", {"file": SimpleUploadedFile("b.vcf", data)})[
        "Location"
    ]
    browser.post(other, {"verb": "discard"})
    assert ContactImport.objects.count() == 1
