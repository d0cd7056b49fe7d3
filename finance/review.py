"""The review queue: what is asked of a person. Reading it is in `querysets`."""

from finance.ledger.asking import ask, ask_many, redraft
from finance.ledger.deciding import accept, accept_many, dismiss, reopen, snooze

__all__ = ["accept", "accept_many", "ask", "ask_many", "dismiss", "redraft", "reopen", "snooze"]
