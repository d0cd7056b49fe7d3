"""What the ledger refuses. Codes are stable; whoever raises one has changed nothing."""

from __future__ import annotations

from typing import ClassVar

from tenancy.errors import DomainError


class LedgerError(DomainError):
    """Bad input to a verb of the ledger."""

    code = "ledger"


class NotInLedger(LedgerError):
    """A row that the verb was called on is not there, or is another tenant's."""

    code = "not_found"
    status: ClassVar[int] = 404


class UnknownReference(LedgerError):
    """A field names a row that is not there, or is another tenant's."""

    code = "does_not_exist"


class WrongState(LedgerError):
    """The row's state does not allow this any more (or yet)."""

    code = "wrong_state"
    status: ClassVar[int] = 409
