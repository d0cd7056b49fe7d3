"""Fetched messages to rows. Storing is harmless to repeat, and goes by pages, not row by row."""

from __future__ import annotations

import hashlib
import logging
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext

from mail_ingest.charsets import storable
from mail_ingest.errors import MailConflict
from mail_ingest.identity import by_all_bytes, identity_of, says_same
from mail_ingest.models import AccountKind, ConnectedAccount, Email, EmailState, RawMessage
from mail_ingest.parsing import UnparsableMessage, parse_message
from mail_ingest.providers.base import HEAD_BYTES, FetchedMessage
from mail_ingest.retention import cut_to_headers, is_unfinancial, mail_policy
from mail_ingest.rules import enabled_rules, judge_by_rules
from mail_ingest.screening import Screening, screen
from mail_ingest.trust import MICROSOFT, Trust, judge_sender
from tenancy.inserting import insert_rows
from tenancy.wording import worded

logger = logging.getLogger(__name__)

LONGEST_REF = 400
# How often a message may be deleted by another while it is stored.
MOST_TRIES: Final = 5
READ_FIELDS = (
    "message_id", "from_address", "from_name", "subject", "snippet", "sent_at", "received_at",
    "state", "problem", "trust", "trust_reason", "screening", "screening_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a page of messages. The quarantined are among the stored."""

    stored: int = 0
    duplicates: int = 0
    quarantined: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """A message read and ready to be stored."""

    email: Email
    raw: RawMessage


def prepare(account: ConnectedAccount, messages: Iterable[FetchedMessage]) -> list[Prepared]:
    """Read, judge and compress messages. All the work that needs no transaction."""
    rules, policy = enabled_rules(), mail_policy()
    prepared = [_prepared(account, message) for message in messages]
    for p in prepared:
        judge_by_rules(p.email, rules)
        if not policy.keeps_unfinancial and is_unfinancial(p.email):
            cut_to_headers(p.raw)
    return prepared


def store_emails(prepared: Sequence[Prepared]) -> Stored:
    """Store what is not stored yet, in the caller's transaction. A ref or message that the
    account already has is left as it is."""
    _insert_raws(prepared)
    _mark_copies([p for p in prepared if p.email.raw_id != p.raw.id])
    insert_rows([p.email for p in prepared], ignore_conflicts=True)
    ids = [p.email.id for p in prepared]
    states = list(Email.objects.filter(id__in=ids).values_list("state", flat=True))
    return Stored(
        stored=len(states) - states.count(EmailState.COPY),
        duplicates=len(prepared) - len(states) + states.count(EmailState.COPY),
        quarantined=states.count(EmailState.QUARANTINED),
    )


def _insert_raws(prepared: Sequence[Prepared]) -> None:
    """Give every email its raw message: its own, or the same one that is stored already."""
    waiting = list(prepared)
    for _ in range(MOST_TRIES):
        # Whoever stores the same message at this moment is waited for here; all in one order,
        # so that no two wait for each other.
        raws = {p.raw.id: p.raw for p in sorted(waiting, key=lambda p: p.raw.identity)}
        RawMessage.objects.bulk_create(raws.values(), ignore_conflicts=True)
        wanted = RawMessage.objects.filter(identity__in={r.identity for r in raws.values()})
        ids = set(wanted.values_list("id", flat=True))
        stored = [raws[pk] for pk in ids & raws.keys()] + locked_raws(ids - raws.keys())
        by_identity = {raw.identity: raw for raw in stored}
        waiting = [p for p in waiting if not _takes(p, by_identity.get(p.raw.identity))]
        if not waiting:
            return
    raise RuntimeError("Stored messages are deleted as fast as they are stored.")


def locked_raws(ids: Iterable[uuid.UUID]) -> list[RawMessage]:
    """Without their bytes, locked until the end of the transaction, in one order. Who stores a
    message again or deletes one locks it before anything else."""
    rows = RawMessage.objects.select_for_update(no_key=True).filter(id__in=list(ids))
    return list(rows.defer("data").order_by("id"))


def _takes(p: Prepared, stored: RawMessage | None) -> bool:
    """Whether the stored one of its identity is its raw message. None has been deleted with its
    account since; one that says something else was made to be taken for it."""
    if stored is None:
        return False
    if stored.id != p.raw.id and not _is_same(stored, p.raw):
        p.raw.identity = by_all_bytes(zlib.decompress(p.raw.data))
        return False
    p.email.raw_id = stored.id
    return True


def _is_same(stored: RawMessage, raw: RawMessage) -> bool:
    """Where only headers are kept, the identity alone has to say it."""
    if stored.is_headers_only or raw.is_headers_only:
        return True
    return says_same(zlib.decompress(stored.data), zlib.decompress(raw.data))


def _mark_copies(prepared: Sequence[Prepared]) -> None:
    """Nothing is read from a message that another account has brought before. If this one's
    server vouches for the sender, that holds for the first one too: it says the same. Of one that
    is kept without its text nobody has seen that."""
    again = _known([p.email for p in prepared])
    prepared = [p for p in prepared if (p.email.account_id, p.email.raw_id) not in again]
    if not prepared:
        return
    first = _originals([p.email for p in prepared])
    vouched, whole = [], []
    for p in prepared:
        email, original = p.email, first.get(p.email.raw_id)
        if original is None or email.state != EmailState.STORED:
            continue
        if is_unfinancial(original) and not is_unfinancial(email):
            # There it is left out, and perhaps only its headers are kept: here it is read.
            p.raw.id = email.raw_id
            whole.append(p.raw)
            continue
        email.state = EmailState.COPY
        if email.trust == Trust.VERIFIED != original.trust and not p.raw.is_headers_only:
            original.trust, original.trust_reason = email.trust, email.trust_reason
            vouched.append(original)
    Email.objects.bulk_update(vouched, ("trust", "trust_reason"))
    RawMessage.objects.bulk_update(whole, ("data", "is_headers_only"))


def _known(emails: Sequence[Email]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Account and raw message of those that an account has already: nothing of them is stored."""
    rows = Email.objects.filter(
        raw_id__in={email.raw_id for email in emails},
        account__in={email.account_id for email in emails},
    ).exclude(id__in=[email.id for email in emails])
    return set(rows.values_list("account_id", "raw_id")) if emails else set()


def _originals(emails: Sequence[Email]) -> dict[uuid.UUID, Email]:
    """By raw message, what another account has brought before; rather one that is read. Locked:
    who deletes that account meanwhile finds the copy, and hands the message over to it."""
    rows = Email.objects.select_for_update(of=("self",)).filter(
        raw_id__in={email.raw_id for email in emails}, state=EmailState.STORED
    )
    others = rows.exclude(account__in={email.account_id for email in emails}).order_by("id")
    return {row.raw_id: row for row in sorted(others, key=is_unfinancial, reverse=True)}


def original_of(copy: Email) -> Email | None:
    """The message that a copy is one of."""
    rows = Email.objects.filter(raw=copy.raw_id, state=EmailState.STORED)
    found: Email | None = rows.select_related("account").first()
    return found


def came_to_own_mailbox(email: Email) -> bool:
    """Whether it came to one of the person's mailboxes as well, whose server vouches for it."""
    copies = Email.objects.filter(raw=email.raw_id, state=EmailState.COPY, account__is_own=True)
    return email.trust == Trust.VERIFIED and copies.filter(trust=Trust.VERIFIED).exists()


def load_raw(email: Email) -> bytes:
    """The bytes of a message as they were received; of a truncated one, its head."""
    data: bytes = zlib.decompress(email.raw.data)
    return data


def reread(email: Email) -> Email:
    """Read a quarantined message again, as this version reads messages. Raises MailError when it
    is not in quarantine."""
    with transaction.atomic():
        email = Email.objects.select_for_update(of=("self",)).select_related("raw", "account").get(
            pk=email.pk
        )  # fmt: skip
        if email.state != EmailState.QUARANTINED:
            raise MailConflict(
                gettext("Only a quarantined message can be read again."), code="not_quarantined"
            )
        # A file's message has the time of its import until it can be read.
        is_dated = email.account.kind != AccountKind.UPLOAD
        _read_into(
            email, load_raw(email), authserv_of(email.account),
            received_at=email.received_at if is_dated else None,
        )  # fmt: skip
        if email.state == EmailState.STORED:
            _judge_again(email)
        email.save(update_fields=READ_FIELDS)
    return email


def _judge_again(email: Email) -> None:
    """What `prepare` and `store_emails` do with a message that can be read."""
    judge_by_rules(email, enabled_rules())
    _mark_copies([Prepared(email, email.raw)])
    is_copy = email.state == EmailState.COPY
    others = Email.objects.filter(raw=email.raw_id).exclude(pk=email.pk)
    is_shared = others.exclude(state=EmailState.COPY).exists()
    if is_unfinancial(email) and not is_shared and not mail_policy().keeps_unfinancial:
        cut_to_headers(email.raw)
        email.raw.save(update_fields=("data", "is_headers_only"))
    ConnectedAccount.objects.filter(pk=email.account_id).update(
        quarantined_count=Greatest(F("quarantined_count") - 1, 0),
        stored_count=Greatest(F("stored_count") - int(is_copy), 0),
        duplicate_count=F("duplicate_count") + int(is_copy),
    )


def stored_ref(ref: str) -> str:
    """A provider's ref as the column holds it: one that is too long, or no Unicode (a file's
    name), by its hash."""
    if len(ref) <= LONGEST_REF and storable(ref) == ref:
        return ref
    return hashlib.sha256(ref.encode("utf-8", "surrogatepass")).hexdigest()


def authserv_of(account: ConnectedAccount) -> str:
    """The name under which the account's own server notes its checks of senders."""
    is_microsoft = account.kind == AccountKind.OUTLOOK
    return account.authserv_id or (MICROSOFT if is_microsoft else "")


def _prepared(account: ConnectedAccount, message: FetchedMessage) -> Prepared:
    raw = message.raw
    row = RawMessage(
        tenant_id=account.tenant_id, identity=identity_of(raw), size=len(raw),
        data=zlib.compress(raw),
    )  # fmt: skip
    email = Email(
        tenant_id=account.tenant_id, account=account, ref=stored_ref(message.ref.ref),
        folder=storable(message.ref.folder)[:255], size=message.ref.size,
        is_truncated=message.is_truncated,
    )  # fmt: skip
    _read_into(email, raw, authserv_of(account), received_at=message.received_at)
    return Prepared(email, row)


def _read_into(email: Email, raw: bytes, authserv_id: str, *, received_at: datetime | None) -> None:
    """Fill in what can be read of a message; what cannot be read goes to quarantine."""
    now = timezone.now()
    try:
        parsed = parse_message(raw)
        sender, screened = judge_sender(parsed, authserv_id=authserv_id), screen(parsed)
    except (MemoryError, SoftTimeLimitExceeded):
        raise
    except Exception as error:  # noqa: BLE001 - no single message may stop its mailbox
        email.state = EmailState.QUARANTINED
        email.problem = _problem(error)
        email.trust_reason = email.screening_reason = worded("The message could not be read.")
        email.received_at = received_at or email.received_at or now
        return
    email.state = EmailState.STORED
    email.problem = _cut_notice(email) if email.is_truncated else ""
    email.message_id = parsed.message_id
    email.from_address = parsed.from_address
    email.from_name = parsed.from_name
    email.subject = parsed.subject
    email.sent_at = parsed.date
    email.received_at = min(received_at or parsed.received_at or parsed.date or now, now)
    email.trust = Trust(sender.trust)
    email.trust_reason = sender.reason
    email.screening = Screening(screened.screening)
    email.screening_reason = screened.reason
    email.snippet = screened.snippet


def _problem(error: Exception) -> str:
    if isinstance(error, UnparsableMessage):
        return error.reason
    logger.error("A message could not be read.", exc_info=error)
    return worded(
        "Reading it failed unexpectedly (%(kind)s): please report this.", kind=type(error).__name__
    )


def _cut_notice(email: Email) -> str:
    return worded(
        "The message is %(megabytes)s MB, more than is kept: only its first %(kilobytes)s kB are"
        " stored.",
        megabytes=round(email.size / 2**20), kilobytes=HEAD_BYTES // 1024,
    )  # fmt: skip
