"""Who sent a message, as far as booking asks: which institution, and have we met before?"""

from __future__ import annotations

import re
from collections.abc import Iterable

from extraction.reading import Candidate, Event
from finance.models import BillNotice, BillState, Transaction, TransactionState
from mail_ingest.models import Email

SOURCE_KIND = "email"
# Second-level labels under which countries sell names: nordbank.co.uk, nordbank.com.br.
SHARED_LABELS = frozenset({"co", "com", "net", "org", "gov", "ac", "or", "ne", "go", "edu", "gob"})
# How far back the messages of a sender are looked at.
REMEMBERED = 2_000


def institution_of(email: Email) -> str:
    """Who the account is with: the word of the sender's name that its domain has too ("Nordbank"
    of "Nordbank Alerts" at mail.nordbank.example), else that name, else the domain's word."""
    domain = email.from_address.rpartition("@")[2]
    owner = owner_label(domain)
    for word in re.findall(r"\w+", email.from_name):
        if word.casefold() == owner:
            return str(word)
    return email.from_name or owner.title() or "?"


def owner_label(domain: str) -> str:
    """The label that a domain's owner chose: "nordbank" of mail.nordbank.co.uk. Those to the left
    of it anybody may put before a domain of his own."""
    labels = domain.casefold().split(".")
    if len(labels) > 2 and labels[-2] in SHARED_LABELS:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else labels[0]


def is_issuer(email: Email, candidate: Candidate) -> bool:
    """Whether the sender speaks as the one who keeps the account, not as a shop that was paid
    from it: it states a balance or limit, reports more than a purchase, or names another
    merchant than itself."""
    if candidate.balance is not None or candidate.available_limit is not None:
        return True
    if candidate.event not in (Event.PURCHASE, Event.HOLD, Event.REFUND):
        return True
    merchant = candidate.merchant.value.casefold() if candidate.merchant else ""
    institution = institution_of(email).casefold()
    return bool(merchant) and merchant not in institution and institution not in merchant


def addresses(email_ids: Iterable[str]) -> dict[str, str]:
    """The sender's address of each message: one query."""
    found = Email.objects.filter(pk__in=set(email_ids)).values_list("pk", "from_address")
    return {str(pk): address for pk, address in found}


def known_senders(emails: Iterable[Email]) -> frozenset[str]:
    """Those of the senders' addresses of whose messages something has been booked: two queries."""
    by_id = _sent_by(emails)
    booked = Transaction.objects.filter(
        source_kind=SOURCE_KIND, source_id__in=list(by_id), state=TransactionState.POSTED
    ).values_list("source_id", flat=True)
    return frozenset(by_id[source_id] for source_id in booked)


def known_billers(emails: Iterable[Email]) -> frozenset[str]:
    """Those of the senders' addresses that have told of a bill which was believed or confirmed:
    two queries."""
    by_id = _sent_by(emails)
    told = BillNotice.objects.filter(
        source_kind=SOURCE_KIND, source_id__in=list(by_id), bill__state=BillState.OPEN
    ).values_list("source_id", flat=True)
    return frozenset(by_id[source_id] for source_id in told)


def _sent_by(emails: Iterable[Email]) -> dict[str, str]:
    """The latest messages of the senders of these, by id, with their addresses."""
    addresses = {email.from_address for email in emails}
    sent = dict(
        Email.objects.filter(from_address__in=addresses)
        .order_by("-received_at")
        .values_list("pk", "from_address")[:REMEMBERED]
    )
    return {str(pk): address for pk, address in sent.items()}
