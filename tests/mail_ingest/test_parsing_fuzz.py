"""Seeded mutations of messages, 25,000 in CI: the parser raises nothing but UnparsableMessage.

INLEDGER_FUZZ_MESSAGES makes it run longer (`make fuzz`).
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mail_ingest.parsing import UnparsableMessage, parse_message
from mail_ingest.screening import screen
from mail_ingest.trust import judge_sender

ROUNDS = int(os.environ.get("INLEDGER_FUZZ_MESSAGES", "25000"))
PROCESSES = 4
SAMPLES = sorted(Path(__file__).parent.parent.joinpath("samples").glob("*.eml"))
TOKENS = (
    b"\x00",
    b"\xff\xfe",
    b"\r",
    b"\n",
    b"\r\n\r\n",
    b"\r\n ",
    b"--",
    b"=?utf-8?b?",
    b"?=",
    b"=\r\n",
    b"\xed\xa0\x80",
    b'"',
    b"(",
    b")",
    b"<",
    b">",
    b";",
    b",",
    b"boundary=",
    b"charset=",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=x\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: x-uuencode\r\n",
    b"begin 644 a\n",
    b"From: \r\n",
    b"Date: Tue, 99 Foo 99999999999 99:99:99 +9999\r\n",
    b"charset=utf-16",
    b"charset=utf-7",
    b"charset=idna",
    b"charset=\x80",
    b"name*0*=utf-8''%ff",
    b"=?utf-8?q?=ff?=",
    b"=?x?q?a?=",
    b"=?utf-8?b?a?=",
    b"Authentication-Results: a; dmarc=pass\r\n",
)

Mutation = Callable[[random.Random, bytearray], None]


def insert_token(rng: random.Random, raw: bytearray) -> None:
    place = rng.randrange(len(raw) + 1)
    raw[place:place] = rng.choice(TOKENS) * rng.choice((1, 1, 1, 2, 50))


def flip_bytes(rng: random.Random, raw: bytearray) -> None:
    for _ in range(rng.randrange(1, 20)):
        raw[rng.randrange(len(raw))] = rng.randrange(256)


def cut(rng: random.Random, raw: bytearray) -> None:
    start = rng.randrange(len(raw))
    del raw[start : start + rng.randrange(1, 2_000)]


def repeat(rng: random.Random, raw: bytearray) -> None:
    start = rng.randrange(len(raw))
    piece = raw[start : start + rng.randrange(1, 300)]
    raw[start:start] = piece * rng.randrange(1, 30)


def swap_lines(rng: random.Random, raw: bytearray) -> None:
    lines = raw.split(b"\n")
    rng.shuffle(lines)
    raw[:] = b"\n".join(lines)


def splice(rng: random.Random, raw: bytearray) -> None:
    other = rng.choice(SAMPLES).read_bytes()
    raw[rng.randrange(len(raw)) :] = other[rng.randrange(len(other)) :]


def wrap(rng: random.Random, raw: bytearray) -> None:
    kind = rng.choice((b"message/rfc822", b"multipart/mixed; boundary=w", b"text/html"))
    raw[0:0] = b"From: w@w.example\r\nContent-Type: " + kind + b"\r\n\r\n--w\r\n"


MUTATIONS: tuple[Mutation, ...] = (
    insert_token,
    insert_token,
    flip_bytes,
    cut,
    repeat,
    swap_lines,
    splice,
    wrap,
)


def mutated(rng: random.Random) -> bytes:
    raw = bytearray(rng.choice(SAMPLES).read_bytes())
    for _ in range(rng.randrange(1, 6)):
        rng.choice(MUTATIONS)(rng, raw)
        if not raw:
            raw[:] = b"\n"
    return bytes(raw)


# Once is enough: it reaches no database.
@pytest.mark.sqlite
@pytest.mark.parametrize("seed", range(PROCESSES))
def test_no_mutation_breaks_the_parser(seed: int) -> None:
    rng = random.Random(seed)
    slowest, parsed = 0.0, 0
    for number in range(ROUNDS // PROCESSES):
        raw = mutated(rng)
        started = time.process_time()
        try:
            message = parse_message(raw)
        except UnparsableMessage as error:
            assert error.reason
        else:
            parsed += 1
            judge_sender(message, authserv_id="a")
            texts = (message.subject, message.text, message.html, screen(message).snippet)
            assert all(is_storable(text) for text in texts), f"seed {seed}, round {number}"
        slowest = max(slowest, time.process_time() - started)
    assert parsed > ROUNDS // PROCESSES // 2, "the mutations leave too little to parse"
    assert slowest < 5


def is_storable(text: str) -> bool:
    return "\x00" not in text and text.encode("utf-8", "replace").decode() == text
