"""Is the sender who it says?"""

from __future__ import annotations

import pytest

from mail_ingest.parsing import parse_message
from mail_ingest.trust import Trust, judge_sender

PASS = "mx.google.com; dkim=pass header.i=@bank.example; spf=pass (google.com: x) \
smtp.mailfrom=a@bank.example; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=bank.example"


def judged(
    *results: str, sender: str = "Bank <alerts@bank.example>", server: str = "mx.google.com"
) -> Trust:
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    message = parse_message(f"{headers}From: {sender}\r\n\r\nhi".encode())
    result = judge_sender(message, authserv_id=server)
    assert result.reason
    return result.trust


def test_a_pass_by_the_own_server_for_the_senders_domain_verifies() -> None:
    assert judged(PASS) is Trust.VERIFIED
    assert judged(PASS, "forged; dmarc=fail header.from=bank.example") is Trust.VERIFIED


def test_a_fail_by_the_own_server_is_failing() -> None:
    assert judged(PASS.replace("dmarc=pass", "dmarc=fail")) is Trust.FAILING


FORGED = {
    "a header below the own server's": ("mx.google.com; dmarc=none", PASS),
    "another server's name": (PASS.replace("mx.google.com", "mx.google.com.evil.example"),),
    "another domain": (PASS.replace("header.from=bank.example", "header.from=evil.example"),),
    "a subdomain of another": (PASS.replace("=bank.example", "=bank.example.evil.example"),),
    "no dmarc": (
        "mx.google.com; spf=pass smtp.mailfrom=bank.example; dkim=pass header.d=bank.example",
    ),
    "two dmarc results": (PASS + "; dmarc=pass header.from=evil.example",),
    "two domains": (PASS + " header.from=evil.example",),
    "a result within quotes": (
        'mx.google.com; spf=pass smtp.mailfrom="; dmarc=pass header.from=bank.example"',
    ),
    "a result within comments": (
        "mx.google.com; spf=fail (; dmarc=pass header.from=bank.example)",
    ),
    "comments in comments": (
        "mx.google.com (a (b) ; spf=none; dmarc=pass header.from=bank.example",
    ),
    "no header": (),
    "an empty header": ("",),
    "a word that only ends so": (PASS.replace("dmarc=", "xdmarc="),),
    "no domain": ("mx.google.com; dmarc=pass",),
}


@pytest.mark.parametrize("name", FORGED)
def test_nothing_else_verifies(name: str) -> None:
    assert judged(*FORGED[name]) is Trust.UNVERIFIED


@pytest.mark.parametrize(
    "sender",
    [
        "alerts@bank.example, x@evil.example",
        "alerts@bank.example\r\nFrom: x@evil.example",
        "=?utf-8?q?alerts=40bank.example?= <x@evil.example>",
        '"alerts@bank.example" <x@evil.example>',
        "alerts@bank.example <x@evil.example>",
        "",
        "alerts",
        "alerts@bаnk.example",
    ],
)
def test_an_odd_sender_is_not_verified(sender: str) -> None:
    assert judged(PASS, sender=sender) is Trust.UNVERIFIED


def test_a_file_is_never_verified() -> None:
    assert judged(PASS, server="") is Trust.UNVERIFIED
