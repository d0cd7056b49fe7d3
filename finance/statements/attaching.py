"""What comes with a statement beside its lines: the files of an archive of ours."""

from __future__ import annotations

from finance.attachments import attach
from finance.errors import LedgerError
from finance.models import StatementImport
from finance.statements import files
from finance.statements.readers.archive import files_in


def attach_files(statement: StatementImport) -> dict[str, int]:
    """Attach them to what its lines have booked or joined; how many were, and how many the ledger
    refuses (too many, too much). Inside a transaction."""
    booked = dict(
        statement.lines.filter(is_live=True, transaction__isnull=False)
        .values_list("key", "transaction_id")
    )  # fmt: skip
    counts = {"files": 0, "files_refused": 0}
    for key, name, content in files_in(files.load(statement.pk), booked):
        try:
            attach(booked[key], name, content)
        except LedgerError:
            counts["files_refused"] += 1
        else:
            counts["files"] += 1
    return {name: count for name, count in counts.items() if count}
