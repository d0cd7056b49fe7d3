"""Being told of new mail by an IMAP server (IDLE, RFC 2177). Pure."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from mail_ingest.providers.imap_tls import CheckedClient

# A server may end an IDLE after 30 minutes (RFC 2177), and many a router forgets a silent
# connection long before.
RENEW_SECONDS: Final = 10 * 60.0
# How often it is looked whether to stop, and whether what could not be told is told now.
LOOK_SECONDS: Final = 5.0


def idle(
    client: CheckedClient,
    tell: Callable[[], bool],
    is_over: Callable[[], bool],
    *,
    renew_seconds: float = RENEW_SECONDS,
    look_seconds: float = LOOK_SECONDS,
) -> None:
    """Stay in IDLE in the open folder until `is_over`. `tell` is called at once, for what came
    before, and whenever something comes; it says whether it was heard, else it is called again.
    Raises what the connection raises when it breaks."""
    is_told = tell()
    while not is_over():
        client.idle()
        ends = time.monotonic() + renew_seconds
        while not is_over() and time.monotonic() < ends:
            began = time.monotonic()
            answers = client.idle_check(timeout=look_seconds)
            if any(_is_arrival(answer) for answer in answers):
                is_told = False
            if not is_told:
                is_told = tell()
            if not answers and time.monotonic() - began < look_seconds / 2:
                break  # closed: ending the IDLE finds it out
        client.idle_done()


def _is_arrival(answer: tuple[Any, ...]) -> bool:
    """(number, b"EXISTS") says how many messages there are now."""
    return len(answer) > 1 and answer[1] in (b"EXISTS", b"RECENT")
