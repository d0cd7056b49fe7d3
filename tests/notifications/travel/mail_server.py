"""A mail server that notes when each message came, and can be made to stall in the middle."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(frozen=True, slots=True)
class Received:
    at: datetime
    to: str
    message_id: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]


class MailServer:
    """`stall` makes it keep the next message and then, without having answered, wait for
    `go_on`; meanwhile the sender can be killed."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.received: list[Received] = []
        self.is_stalled = threading.Event()
        self._stalls = False
        self._release = threading.Event()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = BytesParser(policy=default).parsebytes(envelope.content)
        for to in envelope.rcpt_tos:
            self.received.append(_received(self._now(), to, message))
        if self._stalls:
            self._stalls = False
            self.is_stalled.set()
            while not self._release.is_set():
                await asyncio.sleep(0.05)
        return "250 OK"

    def stall(self) -> None:
        self._release.clear()
        self.is_stalled.clear()
        self._stalls = True

    def go_on(self) -> None:
        self._stalls = False
        self._release.set()

    def stop(self) -> None:
        self.go_on()
        self._controller.stop()


def _received(at: datetime, to: str, message: EmailMessage) -> Received:
    def part(kind: str) -> str:
        body = message.get_body((kind,))
        return str(body.get_content()) if body is not None else ""

    # Django folds a long encoded subject before its first word.
    subject = str(message["Subject"]).strip()
    return Received(
        at, to, str(message["Message-ID"]), subject, part("plain"), part("html"),
        {name: str(value) for name, value in message.items()},
    )  # fmt: skip
