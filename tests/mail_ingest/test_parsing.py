"""Raw bytes to a message, whatever they are."""

from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest

from mail_ingest.parsing import UnparsableMessage, parse_message

HEAD = b"From: a@b.example\r\n"
MULTIPART = HEAD + b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"


def test_a_usual_message_is_taken_apart() -> None:
    parsed = parse_message(
        b"Received: from mx; Tue, 3 Mar 2026 12:00:00 +0200\r\n"
        b"Authentication-Results: mx.example; dmarc=pass\r\n"
        b"Authentication-Results: elsewhere; dmarc=fail\r\n"
        b"From: =?utf-8?q?B=C3=A4nk?= <Alerts@Bank.example>\r\nSender: out@mailer.example\r\n"
        b"To: Ada <ada@home.example>, bob@home.example\r\n"
        b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_?=\r\n =?utf-8?b?NSDigqw=?=\r\n"
        b"Date: Tue, 03 Mar 2026 10:00:00 +0100\r\nMessage-ID: <1@bank.example>\r\n"
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n"
        b"--y\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe =80\r\n"
        b"--y\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Gr\xc3\xbc\xc3\x9fe</p>\r\n"
        b"--y--\r\n--x\r\nContent-Type: application/pdf; name=a.pdf\r\n"
        b"Content-Disposition: attachment; filename=bill.pdf\r\n\r\n%PDF\r\n--x--\r\n"
    )
    assert (parsed.from_name, parsed.from_address) == ("Bänk", "alerts@bank.example")
    assert (parsed.from_count, parsed.sender) == (1, "out@mailer.example")
    assert parsed.to == ("ada@home.example", "bob@home.example")
    assert (parsed.subject, parsed.message_id) == ("Grüße 5 €", "1@bank.example")
    assert parsed.date == datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert parsed.received_at == datetime(2026, 3, 3, 10, tzinfo=UTC)
    assert parsed.text.strip() == "Grüße €"
    assert parsed.html.strip() == "<p>Grüße</p>"
    assert [(a.filename, a.content_type) for a in parsed.attachments] == [
        ("bill.pdf", "application/pdf")
    ]
    assert parsed.authentication_results[0] == "mx.example; dmarc=pass"
    assert parsed.defects == ()


def test_an_encoded_name_cannot_smuggle_in_an_address() -> None:
    parsed = parse_message(b"From: =?utf-8?q?a=40bank.example=2C?= <x@evil.example>\r\n\r\nhi")
    assert parsed.from_address == "x@evil.example"
    assert parsed.from_count == 1


@pytest.mark.parametrize(
    ("headers", "count"),
    [
        (b"From: a@b.example\r\nFrom: c@d.example\r\n", 2),
        (b"From: a@b.example, c@d.example\r\n", 2),
        (b"Subject: none\r\n", 0),
        (b"From: undisclosed\r\n", 1),
    ],
)
def test_senders_are_counted(headers: bytes, count: int) -> None:
    assert parse_message(headers + b"\r\nhi").from_count == count


TEXTS = {
    "utf-8 undeclared": (b"", "Zürich 5 €".encode(), "Zürich 5 €"),
    "cp1252 undeclared": (b"", "Zürich 5 €".encode("cp1252"), "Zürich 5 €"),
    "unknown charset": (b"x-bank-7", "Zürich 5 €".encode("cp1252"), "Zürich 5 €"),
    "utf-8 called ascii": (b"us-ascii", "Zürich 5 €".encode(), "Zürich 5 €"),
    "cp1252 called latin-1": (b"iso-8859-1", "5 € – “ja”".encode("cp1252"), "5 € – “ja”"),
    "gb18030 called gb2312": (b"gb2312", "支付¥5元".encode("gb18030"), "支付¥5元"),
    "japanese": (b"iso-2022-jp", "五百円".encode("iso-2022-jp"), "五百円"),
    "no codec of text": (b"zlib", b"5 EUR", "5 EUR"),
    "a slow codec": (b"punycode", b"5 EUR", "5 EUR"),
    "long nonsense": (b"x" * 60, b"5 EUR", "5 EUR"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_read_whatever_charset_it_claims(name: str) -> None:
    charset, body, text = TEXTS[name]
    kind = b"Content-Type: text/plain" + (b"; charset=" + charset if charset else b"")
    assert parse_message(HEAD + kind + b"\r\n\r\n" + body).text == text


def test_raw_8_bit_headers_are_read() -> None:
    for encoding in ("utf-8", "cp1252"):
        raw = "From: Jörg <a@b.example>\r\nSubject: Über 5 €\r\n\r\nhi".encode(encoding)
        parsed = parse_message(raw)
        assert (parsed.from_name, parsed.subject) == ("Jörg", "Über 5 €")


def test_text_holds_neither_nul_nor_lone_surrogates() -> None:
    parsed = parse_message(
        b"From: \x00a@b.example\r\nSubject: 5\x00 =?utf-8?b?7aCA?= =?utf-7?q?+2AA-?=\r\n"
        b"Content-Type: text/plain; charset=utf-16-le\r\n\r\n\x00\xd8a\x00"
    )
    for text in (parsed.subject, parsed.text, parsed.from_address):
        assert "\x00" not in text
        text.encode()


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\n5 EUR\r\n--x--",
        MULTIPART + b"--x\r\n\r\n5 EUR\r\n",
        MULTIPART.replace(b"x\r\n", b"x" * 300 + b"\r\n") + b"--x\r\n\r\n5 EUR\r\n",
    ],
    ids=["no boundary", "no end", "boundary too long"],
)
def test_a_broken_multipart_does_not_stop_reading(raw: bytes) -> None:
    assert parse_message(raw).from_address == "a@b.example"


def test_broken_base64_is_repaired() -> None:
    parsed = parse_message(HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!NSBFVVI=x")
    assert parsed.text == "5 EUR"
    assert parsed.defects


def test_old_line_ends_and_an_exports_separator_are_no_hindrance() -> None:
    assert parse_message(b"From: a@b.example\rSubject: s\r\r5 EUR\r").text == "5 EUR\n"
    assert parse_message(b"From x Tue Mar 3 2026\nFrom: a@b.example\n\nhi").from_count == 1


def nested(depth: int) -> bytes:
    return HEAD + b"".join(
        b"Content-Type: multipart/mixed; boundary=x%04d\r\n\r\n--x%04d\r\n" % (n, n)
        for n in range(depth)
    )


def forwarded(depth: int) -> bytes:
    return (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * depth + HEAD + b"\r\nhi"


HOSTILE = {
    "nothing": (b" \r\n", "is empty"),
    "no header": (b"\x00\x01\x02garbage", "has no header"),
    "26 MB": (HEAD + b"\r\n" + bytes(26 * 2**20), "larger than 25 MB"),
    "long header": (HEAD + b"To: " + b"a@b.example, " * 20_000 + b"\r\n\r\n", "longer than 64 kB"),
    "nested 30": (nested(30), "nested more than 20"),
    "nested 1,000": (nested(1000), "more than 200 parts"),
    "forwarded 300 times": (forwarded(300), "nested"),
    "100,000 parts": (MULTIPART + b"--x\r\n\r\nhi\r\n" * 100_000, "more than 200 parts"),
    "parts of a hidden boundary": (
        MULTIPART.replace(b"boundary=x", b"boundary*0=x") + b"--x\r\n\r\nhi\r\n" * 1000,
        "more than 200 parts",
    ),
    "parameters beside broken base64": (
        MULTIPART + b"--x\r\nContent-Transfer-Encoding: base64\r\nContent-Type: text/plain"
        + b"; a=b" * 40_000 + b"\r\n\r\n!!aGk=x\r\n--x--",
        "A header is longer than",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_message_beyond_the_limits_is_refused_quickly(name: str) -> None:
    raw, reason = HOSTILE[name]
    started = time.process_time()
    with pytest.raises(UnparsableMessage, match=reason):
        parse_message(raw)
    assert time.process_time() - started < 2


SLOW = {
    "200 kB of parameters": MULTIPART + b"--x\r\nContent-Type: text/plain" + b"; a=b" * 40_000
    + b"\r\n\r\nhi\r\n--x--",
    "60 kB of parameters": HEAD + b"Content-Type: text/plain" + b"; a=b" * 12_000 + b"\r\n\r\nhi",
    "60 kB of recipients": HEAD + b"To: " + b"a@b.example, " * 4_500 + b"\r\n\r\nhi",
    "comments in comments": b"From: " + b"(" * 30_000 + b"\r\n\r\nhi",
    "quotes": b"From: " + b'"' * 30_001 + b"\r\n\r\nhi",
    "encoded words": HEAD + b"Subject: " + b"=?utf-8?q?a?= " * 4_000 + b"\r\n\r\nhi",
    "half encoded words": HEAD + b"Subject: " + b"=?utf-8?q?" * 6_000 + b"\r\n\r\nhi",
    "lines like boundaries": HEAD + b"\r\n" + b"--\n" * 8_000_000,
    "spaces": HEAD + b"Subject: " + b" " * 60_000 + b"x\r\n\r\nhi",
    "folds": HEAD + b"Subject: a\r\n" + b" \r\n" * 20_000 + b"\r\nhi",
    "every byte": HEAD + b"\r\n" + bytes(range(256)) * 90_000,
    "broken base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!" + b"aGk=" * 6_000_000,
    "boundaries": HEAD + b"\r\n" + b"boundary=a" * 2_000_000,
    "headers without end": MULTIPART + b"--x\r\n" + b"X: y\r\n" * 1_000_000,
}  # fmt: skip


@pytest.mark.parametrize("name", SLOW)
def test_no_message_takes_long(name: str) -> None:
    started = time.process_time()
    with contextlib.suppress(UnparsableMessage):
        parse_message(SLOW[name])
    assert time.process_time() - started < 4
