"""Taking forwarded mail from a mail server, by LMTP (RFC 2033) or SMTP.

Each message is stored before it is acknowledged; while the database is away the server is told to
try again (RFC 5321: 451), so that nothing is lost.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, close_old_connections

from mail_ingest.inbound import InboundPaused, InboundRefused, address_for, receive
from mail_ingest.models import InboundAddress
from mail_ingest.providers.base import MAX_MESSAGE_BYTES

logger = logging.getLogger(__name__)

LATER: Final = "451 4.3.0 Inledger cannot store mail now. Try again later."
UNKNOWN: Final = "550 5.1.1 There is no such address."


class Receiver:
    """aiosmtpd's handler. The database is asked in threads, so that a slow one holds up nobody."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        try:
            found = await asyncio.to_thread(_in_database, _find, address)
        except DatabaseError:
            logger.exception("An address could not be looked up.")
            return LATER
        if found is None:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        answers = []
        for address in envelope.rcpt_tos:
            try:
                answers.append(await asyncio.to_thread(_in_database, _store, address, raw))
            except DatabaseError:
                logger.exception("A message could not be stored.")
                answers.append(LATER)
        if isinstance(server, LMTP):
            # One answer for each recipient.
            return "\r\n".join(answers)
        # SMTP has one answer for all: what was stored is recognised when it comes again.
        return next((answer for answer in answers if not answer.startswith("250")), "250 2.0.0 OK")

    async def handle_exception(self, error: Exception) -> str:
        """Of what nobody thought of, the sender is told nothing but to try again."""
        logger.error("A message could not be taken.", exc_info=error)
        return LATER


class LmtpController(Controller):
    def factory(self) -> LMTP:
        return LMTP(self.handler, **self.SMTP_kwargs)


def controller(host: str, port: int, *, is_lmtp: bool) -> Controller:
    made = LmtpController if is_lmtp else Controller
    found: Controller = made(
        Receiver(), hostname=host, port=port, data_size_limit=MAX_MESSAGE_BYTES, ready_timeout=15
    )
    return found


def _in_database(work: Any, *arguments: Any) -> Any:
    close_old_connections()
    try:
        return work(*arguments)
    finally:
        close_old_connections()


def _find(address: str) -> InboundAddress | None:
    return address_for(address.partition("@")[0])


def _store(address: str, raw: bytes) -> str:
    found = _find(address)
    if found is None:
        return UNKNOWN
    try:
        receive(found, raw)
    except InboundPaused as error:
        return f"451 4.2.1 {error}"
    except InboundRefused as error:
        return f"550 5.7.1 {error}"
    return "250 2.0.0 OK"
