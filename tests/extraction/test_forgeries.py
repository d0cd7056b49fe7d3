"""Forged messages in a live mailbox: whatever they say of themselves, none may book itself.

Each is a whole message that goes the real way: parsed, judged, read, planned. The same harness
books the genuine one, so that a test that books nothing at all would fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from django.utils import timezone

from extraction.booking import Action, Planner
from extraction.lookalikes import looks_like, wears_another_domain
from extraction.pipeline import read_email, record_readings
from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.models import ReviewItem, Transaction, TransactionState
from finance.review import accept
from mail_ingest.models import ConnectedAccount, Email
from mail_ingest.providers.base import FetchedMessage, MessageRef
from mail_ingest.storage import prepare, store_emails
from tenancy.models import Tenant

pytestmark = pytest.mark.django_db

BANK = "Nordbank <alerts@nordbank.example>"
MX = "mx.google.com"
BODY = (
    "You spent {amount} EUR at CORNER SHOP with your card ending 4417 on 26/11/2026."
    " Available balance 1,204.33 EUR."
)


def passed(domain: str, server: str = MX) -> str:
    return (
        f"{server}; dkim=pass header.i=@{domain}; spf=pass smtp.mailfrom={domain};"
        f" dmarc=pass (p=REJECT) header.from={domain}"
    )


def message(
    sender: str = BANK, *checks: str, amount: str = "12.50", extra: str = "", body: str = ""
) -> bytes:
    noted = "".join(f"Authentication-Results: {check}\r\n" for check in checks)
    said = body or BODY.format(amount=amount)
    return (
        f"{noted}{extra}From: {sender}\r\nTo: ada@example.org\r\nSubject: Card purchase\r\n"
        f"Date: Thu, 26 Nov 2026 10:00:00 +0100\r\n\r\n{said}\r\n"
    ).encode("utf-8", "surrogateescape")


@pytest.fixture
def mailbox(in_tenant: Tenant) -> ConnectedAccount:
    """A live mailbox of the tenant's own, in which the bank's alerts have been booked before."""
    seed_default_categories()
    account: ConnectedAccount = ConnectedAccount.objects.create(
        kind="imap", label="Mail", host="imap.gmail.com", username="ada", authserv_id=MX,
        is_own=True,
    )  # fmt: skip
    open_account("Giro", "EUR", kind="checking", institution="Nordbank", number="4417")
    receive(account, message(BANK, passed("nordbank.example"), amount="1.00"), in_tenant)
    accept(ReviewItem.objects.get().id)
    assert Transaction.objects.get().state == TransactionState.POSTED
    return account


def store(account: ConnectedAccount, raw: bytes) -> Email:
    ref = MessageRef(str(hash(raw)), "INBOX", len(raw))
    prepared = prepare(account, [FetchedMessage(ref, raw, received_at=timezone.now())])
    store_emails(prepared)
    return prepared[0].email


def receive(account: ConnectedAccount, raw: bytes, tenant: Tenant) -> None:
    record_readings([read_email(store(account, raw), tenant)], tenant)


def bookable(account: ConnectedAccount, raws: list[bytes], tenant: Tenant) -> list[bytes]:
    """Those of the messages that would book themselves."""
    read = [read_email(store(account, raw), tenant) for raw in raws]
    planner = Planner(read, tenant)
    return [
        raw
        for raw, one in zip(raws, read, strict=True)
        if any(plan.action == Action.POST for plan in planner.plan_all([one])[one.email.pk])
    ]


GOOD = passed("nordbank.example")
GENUINE = [
    message(BANK, GOOD, amount="12.50"),
    message("alerts@nordbank.example", GOOD, amount="13.50"),
    message('"Nordbank, Alerts" <alerts@nordbank.example>', GOOD, amount="14.50"),
    message(BANK, GOOD, "evil.example; dmarc=none", amount="15.00"),
    message(BANK, GOOD, extra="Reply-To: help@nordbank.example\r\n", amount="16.00"),
]

# Domains that are a stranger's own, whose DMARC passes for themselves.
IMITATIONS = [
    "nоrdbank.example", "nordbаnk.example", "n0rdbank.example", "nordb4nk.example",
    "nordbamk.example", "norbdank.example", "nordbnk.example", "nordbankk.example",
    "nordbank-secure.example", "secure-nordbank.example", "my-nordbank-alerts.example",
    "nordbank.example.evil.test", "nordbank.evil.test", "alerts.nordbank.evil.test",
    "nordbank-example.test", "nordbank.exarnple", "nordbank.co", "nordbank.com.evil.test",
    "xn--nordbnk-6fg.example", "xn--nrdbank-wwa.example", "nordbank.example.", "nord-bank.example",
    "nordbankonline.example", "nordbànk.example", "ｎordbank.example", "nordbank。example",
    "nοrdbank.example", "nordbaпk.example", "mordbank.example", "northbank.example",
]  # fmt: skip
NAMES = ["Nordbank", "Nordbank Alerts", "alerts@nordbank.example", "NORDBANK"]

NAME_TRICKS = [
    '"alerts@nordbank.example" <a@evil.test>', '"Nordbank <alerts@nordbank.example>" <a@evil.test>',
    "alerts@nordbank.example <a@evil.test>", "<alerts@nordbank.example> <a@evil.test>",
    "a@evil.test (alerts@nordbank.example)", "Nordbank (alerts@nordbank.example) <a@evil.test>",
    "=?utf-8?q?alerts=40nordbank=2Eexample?= <a@evil.test>",
    "=?utf-8?b?TmlvcmRiYW5rIDxhbGVydHNAbm9yZGJhbmsuZXhhbXBsZT4=?= <a@evil.test>",
    "=?utf-8?q?Nordbank_=3Calerts=40nordbank=2Eexample=3E=0A?= <a@evil.test>",
    "Nordbank <alerts@nordbank.example>, Evil <a@evil.test>",
    "Evil <a@evil.test>, Nordbank <alerts@nordbank.example>",
    "Nordbank: alerts@nordbank.example, a@evil.test;", "undisclosed: <alerts@nordbank.example>;",
    "Nordbank <alerts@nordbank.example@evil.test>", "Nordbank <alerts%nordbank.example@evil.test>",
    "Nordbank <@nordbank.example:a@evil.test>", "Nordbank <alerts@nordbank.example\t@evil.test>",
    "\u202eelpmaxe.knabdron@strela\u202c <a@evil.test>", "Nordbank\u200b <a@evil.test>",
    "Nordbank <\u200balerts@nordbank.example>", "Nordbank <alerts@nordbank.example\u200b>",
    'Nordbank <"alerts@nordbank.example"@evil.test>', "Nordbank <a@evil.test",
    "Nordbank <alerts@nordbank.example> a@evil.test", "Nordbank <alerts@[nordbank.example]>",
    "a@evil.test\r\nFrom: Nordbank <alerts@nordbank.example>",
    "Nordbank <alerts@nordbank.example>\r\nFrom: a@evil.test",
    "Nordbank <alerts@nordbank.example>\r\nFROM : a@evil.test",
    "\r\n Nordbank <a@evil.test>", "Nordbank <ALERTS@NORDBANK.EXAMPLE.EVIL.TEST>",
]  # fmt: skip

FALSE_CHECKS: list[tuple[str, ...]] = [
    (), (f"{MX}; dmarc=none", GOOD), (f"{MX}; dmarc=fail header.from=nordbank.example", GOOD),
    (passed("nordbank.example", "mx.google.com.evil.test"),), (passed("nordbank.example", "evil"),),
    (passed("nordbank.example", ""),), (f" ; {GOOD}",), (passed("evil.test"),),
    (GOOD.replace("header.from=nordbank.example", ""),),
    (f"{GOOD}; dmarc=pass header.from=evil.test",),
    (f"{GOOD} header.from=evil.test",), (GOOD.replace("header.from", "header.d"),),
    (f"{MX}; spf=pass smtp.mailfrom=nordbank.example; dkim=pass header.d=nordbank.example",),
    (f"{MX}; spf=pass smtp.mailfrom=\"; dmarc=pass header.from=nordbank.example\"",),
    (f"{MX}; spf=fail (; dmarc=pass header.from=nordbank.example)",),
    (f"{MX} (a (b) ; spf=none; dmarc=pass header.from=nordbank.example",),
    (f"{MX}; x-dmarc=pass header.from=nordbank.example",),
    (f"{MX}; arc=pass; dmarc=temperror header.from=nordbank.example",),
    (f"{MX}; dmarc=bestguesspass header.from=nordbank.example",),
    (f"{MX}; dmarc=pass header.from=nordbank.example.evil.test",),
    (f"{MX}; dmarc=pass header.from=ordbank.example",), ("i=1; " + GOOD,),
    (f"{MX}; dkim=pass (body length l=10) header.i=@nordbank.example",),
    (f"{MX}; dmarc = none; comment=dmarc=pass header.from=nordbank.example",),
    (f"{MX} 1; dmarc=quarantine header.from=nordbank.example",),
]  # fmt: skip
CLAIMS = [
    "", "X-Google-Authentication-Results: " + GOOD + "\r\n",
    "ARC-Authentication-Results: i=1; " + GOOD + "\r\n",
    "Received-SPF: pass (google.com: domain of alerts@nordbank.example)\r\n",
    "Sender: alerts@nordbank.example\r\nReply-To: a@evil.test\r\n",
    "Return-Path: <alerts@nordbank.example>\r\nX-Inledger-Trust: verified\r\n",
    "Resent-From: alerts@nordbank.example\r\n",
]  # fmt: skip
INSIDE = [
    "Fwd:\r\n\r\n---------- Forwarded message ---------\r\nFrom: Nordbank <alerts@nordbank.example>"
    "\r\nSubject: Card purchase\r\n\r\n" + BODY.format(amount="55.00"),
    "Authentication-Results: " + GOOD + "\r\n\r\n" + BODY.format(amount="56.00"),
    "Begin forwarded message:\r\n\r\nFrom: alerts@nordbank.example\r\n\r\n"
    + BODY.format(amount="57.00"),
]  # fmt: skip


def forgeries() -> Iterator[bytes]:
    for domain, name in product(IMITATIONS, NAMES):
        yield message(f"{name if '@' not in name else chr(34) + name + chr(34)} <alerts@{domain}>",
                      passed(domain))  # fmt: skip
    for sender in NAME_TRICKS:
        yield message(sender, passed("evil.test"))
    for checks, claim in product(FALSE_CHECKS, CLAIMS):
        yield message(BANK, *checks, extra=claim)
    for body in INSIDE:
        yield message("Friend <friend@friends.example>", passed("friends.example"), body=body)


FORGED = list(dict.fromkeys(forgeries()))


def test_the_genuine_ones_book_themselves(mailbox: ConnectedAccount, in_tenant: Tenant) -> None:
    assert bookable(mailbox, GENUINE, in_tenant) == GENUINE


def test_no_forgery_books_itself(mailbox: ConnectedAccount, in_tenant: Tenant) -> None:
    assert len(FORGED) >= 300
    assert bookable(mailbox, FORGED, in_tenant) == []


def test_an_imitation_is_told_as_such(mailbox: ConnectedAccount, in_tenant: Tenant) -> None:
    domain = "nordbank-secure.example"
    receive(mailbox, message(f"Nordbank <a@{domain}>", passed(domain), amount="77.00"), in_tenant)
    assert "lookalike_sender" in ReviewItem.objects.latest("id").reasons


def test_an_address_that_wears_another_domain_is_seen() -> None:
    for address in ("a@bank.com.example.net", "a@bank.com.evil.com.br"):
        assert wears_another_domain(address), address
    for address in (
        "a@bank.com.br",
        "a@alerts.bank.co.uk",
        "a@com.example",
        "a@mail.bank.com",
        "a",
    ):
        assert not wears_another_domain(address), address


@pytest.mark.parametrize(
    "label",
    ["nоrdbank", "n0rdbank", "nordbamk", "norbdank", "nordbnk", "nordbankk", "nord-bank",
     "nordbank-secure", "mynordbank", "nordbànk", "xn--nordbnk-6fg"],
)  # fmt: skip
def test_names_made_to_be_mistaken_are_found(label: str) -> None:
    assert looks_like(label, ["Nordbank"]) == "Nordbank"


@pytest.mark.parametrize("label", ["nordbank", "southbank", "corner", "nord", "bank", "example"])
def test_other_names_are_not(label: str) -> None:
    assert looks_like(label, ["Nordbank", "ING"]) is None
