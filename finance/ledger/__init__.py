"""The only writer of transactions.

Every verb is one atomic block, writes the audit trail first, and may be called again: a source
that is booked already, an item that is decided already and a void that is void already give what
is there. Verbs raise `finance.errors` and `finance.money.InvalidMoney`; they ask for no
permission, which is their door's part.
"""

from finance.ledger.booking import post, post_many, propose, propose_many
from finance.ledger.changes import Changes
from finance.ledger.deciding import accept, accept_many, dismiss, reopen, snooze
from finance.ledger.drafts import DRAFT_FIELDS, draft_of
from finance.ledger.editing import edit, split, void
from finance.ledger.linking import transfer, transfer_many, transfer_to, unlink
from finance.ledger.merging import merge, merge_item, merge_many, unmerge, unmerge_item
from finance.ledger.movements import Movement, Part, Source

__all__ = [
    "DRAFT_FIELDS",
    "Changes",
    "Movement",
    "Part",
    "Source",
    "accept",
    "accept_many",
    "dismiss",
    "draft_of",
    "edit",
    "merge",
    "merge_item",
    "merge_many",
    "post",
    "post_many",
    "propose",
    "propose_many",
    "reopen",
    "snooze",
    "split",
    "transfer",
    "transfer_many",
    "transfer_to",
    "unlink",
    "unmerge",
    "unmerge_item",
    "void",
]
