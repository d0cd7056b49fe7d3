"""Who sent a message, as far as booking asks: which institution, and have we met before?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from extraction.document import Document
from extraction.lookalikes import looks_like
from extraction.models import EmailExtraction, TrustedSender
from extraction.reading import Candidate, Event, Reason
from finance.models import BillNotice, BillState, FinancialAccount, Transaction, TransactionState
from mail_ingest.models import Email

SOURCE_KIND = "email"
# Second-level labels under which countries sell names: nordbank.co.uk, nordbank.com.br.
SHARED_LABELS = frozenset({"co", "com", "net", "org", "gov", "ac", "or", "ne", "go", "edu", "gob"})
# How far back the messages of a sender are looked at.
REMEMBERED = 2_000


class Author(NamedTuple):
    """Who wrote a message: of a forward, the author of what was passed on, which proves nothing."""

    address: str
    name: str


def author_of(document: Document) -> Author:
    return Author(document.sender or "", document.sender_name or "")


def institution_of(author: Author) -> str:
    """Who the account is with: the word of the author's name that its domain has too ("Nordbank"
    of "Nordbank Alerts" at mail.nordbank.example), else that name, else the domain's word."""
    domain = author.address.rpartition("@")[2]
    owner = owner_label(domain)
    for word in re.findall(r"\w+", author.name):
        if word.casefold() == owner:
            return str(word)
    return author.name or owner.title() or "?"


def owner_label(domain: str) -> str:
    """The label that a domain's owner chose: "nordbank" of mail.nordbank.co.uk. Those to the left
    of it anybody may put before a domain of his own."""
    labels = domain.casefold().split(".")
    if len(labels) > 2 and labels[-2] in SHARED_LABELS:
        return labels[-3]
    return labels[-2] if len(labels) > 1 else labels[0]


def imitated_institution(address: str, accounts: Iterable[FinancialAccount]) -> str | None:
    """The institution of one of the accounts that the address's domain is made to be taken for."""
    known = {account.institution for account in accounts if account.institution}
    return looks_like(owner_label(address.rpartition("@")[2]), known)


def is_issuer(author: Author, candidate: Candidate) -> bool:
    """Whether the author speaks as the one who keeps the account, not as a shop that was paid
    from it: it states a balance or limit, reports more than a purchase, or names another
    merchant than itself."""
    if candidate.balance is not None or candidate.available_limit is not None:
        return True
    if candidate.event not in (Event.PURCHASE, Event.HOLD, Event.REFUND):
        return True
    merchant = candidate.merchant.value.casefold() if candidate.merchant else ""
    institution = institution_of(author).casefold()
    return bool(merchant) and merchant not in institution and institution not in merchant


def addresses(email_ids: Iterable[str]) -> dict[str, str]:
    """The sender's address of each message: one query."""
    found = Email.objects.filter(pk__in=set(email_ids)).values_list("pk", "from_address")
    return {str(pk): address for pk, address in found}


def known_senders(emails: Iterable[Email]) -> frozenset[str]:
    """Those of the senders' addresses of whose messages something has been booked, or whom a
    person trusts: three queries."""
    emails = list(emails)
    by_id = _sent_by(emails)
    booked = Transaction.objects.filter(
        source_kind=SOURCE_KIND, source_id__in=list(by_id), state=TransactionState.POSTED
    ).values_list("source_id", flat=True)
    trusted = TrustedSender.objects.filter(
        address__in={email.from_address for email in emails}
    ).values_list("address", flat=True)
    return frozenset(by_id[source_id] for source_id in booked) | frozenset(trusted)


def known_billers(emails: Iterable[Email]) -> frozenset[str]:
    """Those of the senders' addresses that have told of a bill which was believed or confirmed:
    two queries."""
    by_id = _sent_by(emails)
    told = BillNotice.objects.filter(
        source_kind=SOURCE_KIND, source_id__in=list(by_id), bill__state=BillState.OPEN
    ).values_list("source_id", flat=True)
    return frozenset(by_id[source_id] for source_id in told)


def _sent_by(emails: Iterable[Email]) -> dict[str, str]:
    """The latest messages of the senders of these, by id, with their addresses; not those that
    they only passed on, which make nobody known."""
    addresses = {email.from_address for email in emails}
    # JSON containment is PostgreSQL's alone.
    passed_on = EmailExtraction.objects.filter(
        tenant=OuterRef("tenant"), email=OuterRef("pk"),
        reasons__icontains=f'"{Reason.FORWARDED}"',
    )  # fmt: skip
    sent = dict(
        Email.objects.filter(~Exists(passed_on), from_address__in=addresses)
        .order_by("-received_at")
        .values_list("pk", "from_address")[:REMEMBERED]
    )
    return {str(pk): address for pk, address in sent.items()}
