"""Senders as Microsoft's servers note them: what is genuine books itself, no forgery does.

The shape of the headers is Microsoft's; hosts, addresses and senders are ours.
"""

from __future__ import annotations

import pytest

from extraction.booking import Action, Planner
from extraction.pipeline import read_email, record_readings
from finance.accounts import open_account
from finance.categories import seed_default_categories
from finance.models import ReviewItem
from finance.review import accept
from mail_ingest.models import ConnectedAccount, Email
from mail_ingest.providers.base import FetchedMessage, MessageRef
from mail_ingest.storage import prepare, store_emails
from mail_ingest.trust import Trust
from tenancy.models import Tenant

pytestmark = pytest.mark.django_db

HAND_ON = (
    "Received: from DB6PR07CA0102.eurprd07.prod.outlook.com (2603:10a6:6:2c::40) by\r\n"
    " AM9PR03MB0001.eurprd03.prod.outlook.com (2603:10a6:20b:1::9) with Microsoft SMTP Server\r\n"
    " id 15.20.1.1; Thu, 26 Nov 2026 09:00:05 +0000\r\n"
    "Received: from DB5EUR03FT011.eop-EUR03.prod.protection.outlook.com (2603:10a6:6:2c::d8) by\r\n"
    " DB6PR07CA0102.outlook.office365.com (2603:10a6:6:2c::40) with Microsoft SMTP Server id\r\n"
    " 15.20.1.1 via Frontend Transport; Thu, 26 Nov 2026 09:00:04 +0000\r\n"
)
BORDER = (
    "Received: from out.nordbank.example (192.0.2.7) by\r\n"
    " DB5EUR03FT011.mail.protection.outlook.com (10.152.20.95) with Microsoft SMTP Server id\r\n"
    " 15.20.1.1; Thu, 26 Nov 2026 09:00:04 +0000\r\n"
)
SPF = (
    "Received-SPF: Pass (protection.outlook.com: domain of nordbank.example designates\r\n"
    " 192.0.2.7 as permitted sender) receiver=protection.outlook.com; client-ip=192.0.2.7;\r\n"
)
OUTSIDE = "X-MS-Exchange-Organization-AuthAs: Anonymous\r\n"
PASS = (
    "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=nordbank.example; dkim=pass (signature was"
    " verified) header.d=nordbank.example;dmarc=pass action=none header.from=nordbank.example;"
    "compauth=pass reason=100"
)
FAIL = (
    "spf=fail (sender IP is 203.0.113.9) smtp.mailfrom=nordbank.example; dkim=none (message not"
    " signed) header.d=none;dmarc=fail action=quarantine header.from=nordbank.example;"
    "compauth=fail reason=000"
)
FOREIGN = PASS.replace("nordbank.example", "evil.example")
ARC = f"ARC-Authentication-Results: i=1; mx.microsoft.com 1; {PASS}\r\n"


def noted(value: str) -> str:
    return f"Authentication-Results: {value}\r\n"


def came(value: str = PASS, *, below: str = "", mark: str = OUTSIDE) -> str:
    """The headers that Microsoft puts above what it was sent (`below`)."""
    return HAND_ON + noted(value) + SPF + BORDER + mark + below


def message(
    head: str, sender: str = "Nordbank <alerts@nordbank.example>", amount: str = "12.50"
) -> bytes:
    return (
        f"{head}From: {sender}\r\nTo: ada@outlook.example\r\nSubject: Card purchase\r\n"
        "Date: Thu, 26 Nov 2026 10:00:00 +0100\r\n\r\n"
        f"You spent {amount} EUR at CORNER SHOP with your card ending 4417 on 26/11/2026."
        " Available balance 1,204.33 EUR.\r\n"
    ).encode("utf-8", "surrogateescape")


def stored(account: ConnectedAccount, raw: bytes) -> Email:
    prepared = prepare(account, [FetchedMessage(MessageRef(str(hash(raw)), "inbox", 1), raw)])
    store_emails(prepared)
    return prepared[0].email


@pytest.fixture
def mailbox(in_tenant: Tenant) -> ConnectedAccount:
    """An Outlook mailbox of the tenant's own, in which the bank has been confirmed."""
    seed_default_categories()
    account: ConnectedAccount = ConnectedAccount.objects.create(
        kind="outlook", label="Ada", username="ada@outlook.example", subject="oid-1", is_own=True
    )
    open_account("Giro", "EUR", kind="checking", institution="Nordbank", number="4417")
    first = read_email(stored(account, message(came(), amount="1.00")), in_tenant)
    record_readings([first], in_tenant)
    accept(ReviewItem.objects.get().id)
    return account


def books(account: ConnectedAccount, raw: bytes, tenant: Tenant) -> tuple[bool, str]:
    email = stored(account, raw)
    read = read_email(email, tenant)
    plans = Planner([read], tenant).plan_all([read])[read.email.pk]
    assert plans, "nothing was read: the test would prove nothing"
    return any(plan.action == Action.POST for plan in plans), email.trust


GENUINE = {
    "as it is noted today": came(),
    "as it was noted before, with the recipient's domain": came(
        PASS.replace("; dkim", "; outlook.example; dkim", 1)
    ),
    "with what the sender's own servers noted": came(below=noted("mx.nordbank.example; spf=pass")),
    "with what a stranger put below": came(below=noted(FAIL.replace("nordbank", "other"))),
    "handed on once": HAND_ON.partition("Received: from DB5")[0]
    + noted(PASS) + SPF + BORDER + OUTSIDE,
    "sealed": ARC + came(),
}  # fmt: skip


@pytest.mark.parametrize("name", GENUINE)
def test_what_microsoft_has_checked_books_itself(
    name: str, mailbox: ConnectedAccount, in_tenant: Tenant
) -> None:
    assert books(mailbox, message(GENUINE[name]), in_tenant) == (True, Trust.VERIFIED)


def changed(old: str, new: str) -> str:
    assert old in PASS
    return came(PASS.replace(old, new))


INNER_FORGED = HAND_ON + noted(PASS) + SPF + BORDER
FORGED = {
    "a failure": came(FAIL),
    "a failure with a forged pass below": came(FAIL, below=noted(PASS)),
    "a failure with forged headers of a whole passage below": came(FAIL, below=came()),
    "a failure and a seal that says pass": ARC + came(FAIL),
    "another domain's pass": came(FOREIGN),
    "another domain's pass, with the bank's below": came(FOREIGN, below=noted(PASS)),
    "no check at all": HAND_ON + BORDER + OUTSIDE,
    "no check by Microsoft, a forged one below": HAND_ON + BORDER + OUTSIDE + noted(PASS),
    "no check by Microsoft, a whole forged passage below": (
        HAND_ON + BORDER + OUTSIDE + noted(PASS) + SPF + BORDER
    ),
    "a check with nothing around it": noted(PASS),
    "a check and the mark alone": noted(PASS) + OUTSIDE,
    "a check at the very top": noted(PASS) + SPF + BORDER + OUTSIDE,
    "a check above the hand-on": noted(PASS) + HAND_ON + SPF + BORDER + OUTSIDE,
    "a passage within the organisation": (
        HAND_ON + noted(PASS) + SPF + BORDER + "X-MS-Exchange-Organization-AuthAs: Internal\r\n"
    ),
    "a passage of which nobody says where it came from": INNER_FORGED,
    "two marks": INNER_FORGED + "X-MS-Exchange-Organization-AuthAs: Internal\r\n" + OUTSIDE,
    "the mark twice": INNER_FORGED + OUTSIDE + OUTSIDE,
    "a stranger's server above": (
        "Received: from a.example (192.0.2.1) by mx.evil.example (192.0.2.2) with X\r\n" + came()
    ),
    "a stranger's server between": (
        HAND_ON + "Received: from a (1.2.3.4) by mx.evil.example (5.6.7.8) with X\r\n"
        + noted(PASS) + SPF + BORDER + OUTSIDE
    ),
    "a name that only begins like Microsoft's": came().replace(
        "outlook.office365.com", "outlook.office365.com.evil.example"
    ),
    "a name that only ends like Microsoft's": came().replace(
        "DB6PR07CA0102.outlook.office365.com", "eviloutlook.com"
    ),
    "a border that is not Microsoft's": came().replace(
        "DB5EUR03FT011.mail.protection.outlook.com", "mail.protection.outlook.com.evil.example"
    ),
    "a border with a name in its greeting": came().replace(
        "from out.nordbank.example (192.0.2.7) by\r\n DB5EUR03FT011.mail.protection.outlook.com",
        "from x.mail.protection.outlook.com (192.0.2.7) by mx.evil.example",
    ),
    "a border with a sentence in its greeting": came().replace(
        "from out.nordbank.example (192.0.2.7) by\r\n DB5EUR03FT011.mail.protection.outlook.com",
        "from a by x.mail.protection.outlook.com (192.0.2.7) by mx.evil.example",
    ),
    "a check with a server's name": came(f"mx.evil.example; {PASS}"),
    "Microsoft's name for a server's name": came(f"protection.outlook.com; {PASS}"),
    "two checks at the border": HAND_ON + noted(PASS) + noted(PASS) + SPF + BORDER + OUTSIDE,
    "dmarc none": changed("dmarc=pass", "dmarc=none"),
    "dmarc by a guess": changed("dmarc=pass", "dmarc=bestguesspass"),
    "dmarc not final": changed("dmarc=pass", "dmarc=temperror"),
    "no dmarc": changed("dmarc=pass action=none header.from=nordbank.example;", ""),
    "dmarc twice": changed("compauth", "dmarc=pass header.from=evil.example;compauth"),
    "two domains": changed("action=none", "action=none header.from=evil.example"),
    "a part of the domain": changed("from=nordbank.example", "from=nordbank.example.evil.example"),
    "a domain within an address": changed("header.from=", "header.from=evil.example/"),
    "no composite verdict": changed(";compauth=pass reason=100", ""),
    "a soft composite verdict": changed("compauth=pass", "compauth=softpass"),
    "a failed composite verdict": changed("compauth=pass", "compauth=fail"),
    "no opinion": changed("compauth=pass", "compauth=none"),
    "two composite verdicts": changed("reason=100", "reason=100;compauth=fail"),
    "a verdict within quotes": came(
        'spf=fail smtp.mailfrom="; dmarc=pass header.from=nordbank.example;compauth=pass"'
    ),
    "a verdict within a comment": came(
        "spf=fail (; dmarc=pass header.from=nordbank.example;compauth=pass)"
    ),
    "a comment that does not end": came("spf=fail (x; " + PASS),
    "an encoded check": came("=?utf-8?q?" + PASS.replace(" ", "_").replace(";", "=3B") + "?= x"),
}  # fmt: skip
OWN_PASS = ("another domain's pass", "another domain's pass, with the bank's below")
# Each of them also from a sender whose name alone is the bank's.
SENDERS = {
    "the bank": "Nordbank <alerts@nordbank.example>",
    "the bank's name": '"alerts@nordbank.example" <x@evil.example>',
    "the bank twice": "alerts@nordbank.example\r\nFrom: x@evil.example",
    "the bank and another": "alerts@nordbank.example, x@evil.example",
    "an imitation": "Nordbank <alerts@nordbаnk.example>",
}


@pytest.mark.parametrize("name", FORGED)
def test_no_forgery_books_itself(name: str, mailbox: ConnectedAccount, in_tenant: Tenant) -> None:
    for sender in SENDERS.values():
        is_booked, trust = books(mailbox, message(FORGED[name], sender), in_tenant)
        assert not is_booked
        # A stranger may well be who he says he is: he is not the bank.
        assert trust != Trust.VERIFIED or (name in OWN_PASS and "x@evil.example" in sender)


@pytest.mark.parametrize("name", [name for name in SENDERS if name != "the bank"])
def test_a_pass_for_the_bank_verifies_no_other_sender(
    name: str, mailbox: ConnectedAccount, in_tenant: Tenant
) -> None:
    is_booked, trust = books(mailbox, message(came(), SENDERS[name]), in_tenant)
    assert not is_booked and trust != Trust.VERIFIED


def test_a_failure_is_an_accusation(mailbox: ConnectedAccount) -> None:
    assert stored(mailbox, message(came(FAIL))).trust == Trust.FAILING


def test_other_mailboxes_take_no_check_without_a_servers_name(in_tenant: Tenant) -> None:
    account = ConnectedAccount.objects.create(
        kind="imap", label="Post", host="imap.example.org", username="ada", authserv_id="mx.example"
    )
    assert stored(account, message(came())).trust == Trust.UNVERIFIED
