"""Forwarded messages (`make soak`: five thousand) over connections that break off before the
answer, from senders that try again as mail servers do, while the database is away now and then:
each is stored once."""

from __future__ import annotations

import http.client
import os
import smtplib
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import count

import pytest
from django.db import OperationalError
from pytest_django.live_server_helper import LiveServer

from mail_ingest import inbound
from mail_ingest.models import ConnectedAccount, Email, RawMessage
from mail_ingest.receiving import controller
from tenancy.models import Tenant
from tests.fakes.fault_proxy import FaultProxy
from tests.mail_ingest.make import make_messages

pytestmark = pytest.mark.django_db(transaction=True)

MANY = int(os.environ.get("INLEDGER_FORWARDED", "400"))
# What its sender sends again although it was acknowledged.
AGAIN = MANY // 25
# Connections that break, each after the answers to some messages.
CUTS, CUT_AFTER = MANY // 40, 2_000
SENDERS = 2
# The database refuses every so many'th message.
AWAY_EVERY = 37

Send = Callable[[bytes], bool]


class Sender:
    """Sends what is in the queue over one connection after the other. What was not acknowledged
    goes back into it."""

    def __init__(self, queue: deque[bytes], connect: Callable[[], Iterator[Send]]) -> None:
        self.queue = queue
        self.connect = connect
        self.broken = self.put_off = 0

    def run(self) -> None:
        while self.queue:
            for send in self.connect():
                self._over(send)

    def _over(self, send: Send) -> None:
        while True:
            try:
                raw = self.queue.popleft()
            except IndexError:
                return
            try:
                is_taken = send(raw)
            except (OSError, smtplib.SMTPException, http.client.HTTPException):
                self.queue.append(raw)
                self.broken += 1
                return
            if not is_taken:
                self.queue.append(raw)
                self.put_off += 1


@pytest.fixture
def opened(in_tenant: Tenant) -> inbound.Opened:
    return inbound.open_address()


@pytest.fixture
def sometimes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count(1)
    receive = inbound.receive

    def now_and_then(address: inbound.InboundAddress, raw: bytes) -> inbound.Stored:
        if next(numbers) % AWAY_EVERY == 0:
            raise OperationalError("the database is gone")
        return receive(address, raw)

    for place in ("mail_ingest.receiving.receive", "mail_ingest.inbound.receive"):
        monkeypatch.setattr(place, now_and_then)


def require_each_once(queue: deque[bytes], connect: Callable[[], Iterator[Send]]) -> None:
    senders = [Sender(queue, connect) for _ in range(SENDERS)]
    with ThreadPoolExecutor(SENDERS) as pool:
        for running in [pool.submit(sender.run) for sender in senders]:
            running.result()
    assert sum(sender.broken for sender in senders) >= CUTS // 2, "too few were cut"
    assert sum(sender.put_off for sender in senders) >= MANY // AWAY_EVERY - 1
    subjects = Email.objects.values_list("subject", flat=True)
    assert sorted(int(subject.split()[-1]) for subject in subjects) == list(range(1, MANY + 1))
    account = ConnectedAccount.objects.get(kind="inbound")
    assert RawMessage.objects.count() == account.stored_count == MANY
    assert account.duplicate_count > AGAIN, "nothing came again that had been stored unanswered"


def all_messages() -> deque[bytes]:
    messages = [raw.replace(b"\n", b"\r\n") for raw in make_messages(MANY)]
    return deque(messages + messages[:: MANY // AGAIN])


@pytest.mark.usefixtures("sometimes_away")
def test_by_a_mail_server(opened: inbound.Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    receiver = controller("127.0.0.1", port, is_lmtp=True)
    receiver.start()
    to = f"{opened.address.token}@in.example.org"

    def connect() -> Iterator[Send]:
        with (
            suppress(OSError, smtplib.SMTPException),
            closing(
                smtplib.LMTP("127.0.0.1", proxy.port, local_hostname="mx.example", timeout=20)
            ) as client,
        ):

            def send(raw: bytes) -> bool:
                try:
                    client.sendmail("ada@example.org", [to], raw)
                except (smtplib.SMTPDataError, smtplib.SMTPRecipientsRefused) as refused:
                    assert "451" in str(refused)
                    return False
                return True

            yield send

    try:
        with FaultProxy(port, cut_after=CUT_AFTER, cuts=CUTS) as proxy:
            require_each_once(all_messages(), connect)
    finally:
        receiver.stop()


@pytest.mark.usefixtures("sometimes_away")
def test_by_signed_requests(opened: inbound.Opened, live_server: LiveServer) -> None:
    def connect() -> Iterator[Send]:
        with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)) as client:

            def send(raw: bytes) -> bool:
                now = str(int(time.time()))
                client.request(
                    "POST", "/api/v1/inbound", raw,
                    {
                        "Content-Type": "message/rfc822",
                        "X-Inledger-Address": opened.address.token,
                        "X-Inledger-Timestamp": now,
                        "X-Inledger-Signature": inbound.signature(opened.secret, now, raw),
                    },
                )  # fmt: skip
                answer = client.getresponse()
                answer.read()
                assert answer.status in (202, 503), answer.status
                return answer.status == 202

            yield send

    target = int(live_server.url.rpartition(":")[2])
    with FaultProxy(target, cut_after=0, cuts=CUTS) as proxy:
        require_each_once(all_messages(), connect)
