"""From stored messages to the ledger, top to bottom.

read_email          raw bytes -> document -> verified reading (pure but for loading the bytes)
record_readings     one transaction: what was read, and what the ledger makes of it
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction

from extraction.announcing import what_is_said
from extraction.attachments import attachments_of, keep_attachments, read_attachments
from extraction.bills import bill_notices
from extraction.booking import Action, Doubt, Plan, Planner, ReadEmail
from extraction.document import Document
from extraction.duplicates import in_ledger, is_told, told
from extraction.extractors.announcements import read_announcements
from extraction.holding import is_held
from extraction.message_document import document_of_parsed
from extraction.models import AttachmentText, EmailExtraction, ExtractionState
from extraction.opening import Booked, settle_openings
from extraction.reading import Reading, Verdict
from extraction.reading_path import read_document
from extraction.records import candidate_record
from extraction.senders import author_of
from extraction.stating import stated_after
from extraction.templates.template import Template
from finance import ledger, review
from finance.bills.entering import enter_many
from finance.matching.finding import find_matches
from finance.reconciling.stating import keep_stated
from finance.subscriptions.announcing import hear
from mail_ingest.models import Email
from mail_ingest.parsing import ParsedEmail, UnparsableMessage, parse_message
from mail_ingest.screening import Screening
from mail_ingest.storage import load_raw
from tenancy.inserting import insert_rows
from tenancy.models import Tenant

logger = logging.getLogger(__name__)

# Raised with every change of the rules; a message is read once by each version.
READER_VERSION = 2


def document_of(
    parsed: ParsedEmail, email: Email, tenant: Tenant, attached: Sequence[AttachmentText] = ()
) -> Document:
    return document_of_parsed(
        parsed,
        email.received_at,
        attached=[row.text for row in attached],
        home_currency=tenant.currency,
    )


def stored_document(email: Email, tenant: Tenant) -> Document | None:
    """The document that evidence indexes, with what was read of the message's files; None for one
    that cannot be parsed."""
    try:
        parsed = parse_message(load_raw(email))
    except UnparsableMessage:
        return None
    return document_of(parsed, email, tenant, attachments_of([email]).get(email.pk, ()))


def read_email(
    email: Email,
    tenant: Tenant,
    templates: Sequence[Template] = (),
    kept: Sequence[AttachmentText] = (),
) -> ReadEmail:
    """Read one message, by the templates of its sender where one fits, and its files where the
    body does not say all; `kept` is what was read of them before. Never raises on account of what
    the message holds."""
    if email.screening == Screening.UNLIKELY:
        return ReadEmail(email)
    try:
        parsed = parse_message(load_raw(email))
        attached = list(kept) or read_attachments(parsed, email)
        document = document_of(parsed, email, tenant)
        damaged = email.is_truncated or bool(parsed.defects)
        reading = read_document(document, templates)
        if attached:
            document = document_of(parsed, email, tenant, attached)
            if not _says_all(reading):
                reading = read_document(document, templates)
        return ReadEmail(
            email, reading, document.text, is_damaged=damaged, attached=tuple(attached),
            announced=read_announcements(document),
            forwarded_from=author_of(document) if document.is_forwarded else None,
        )  # fmt: skip
    except UnparsableMessage as error:
        return ReadEmail(email, error=str(error))
    except Exception as error:
        # A fault of ours in one message must not keep the others of its batch from being read.
        logger.exception("Message %s could not be read.", email.pk)
        return ReadEmail(email, error=f"Inledger failed to read it ({type(error).__name__}).")


def _says_all(reading: Reading) -> bool:
    """Whether the body alone tells a movement and how much it was."""
    amounts = [candidate.amount for candidate in reading.candidates]
    return reading.verdict == Verdict.TRANSACTION and all(amounts) and bool(amounts)


def record_readings(read: Sequence[ReadEmail], tenant: Tenant) -> dict[str, int]:
    """Keep the readings and book, propose or ask; call it in one atomic block. Safe to repeat:
    sources are unique in the ledger. Returns how many messages ended in each state."""
    if is_held(tenant):
        return _hold(read, tenant)
    planner = Planner(read, tenant)
    plans = planner.plan_all(read)
    senders = {r.email.pk: r.email.from_address for r in read}
    plans = question_duplicates(plans, senders)
    carry_out([plan for of_email in plans.values() for plan in of_email])
    enter_many(bill_notices(read, planner, tenant))
    hear(what_is_said(read, planner, tenant))
    return _keep(read, [extraction_row(r, plans.get(r.email.pk, [])) for r in read])


def _hold(read: Sequence[ReadEmail], tenant: Tenant) -> dict[str, int]:
    """Keep what was read and why a person would be asked, and leave the ledger alone: planning
    opens accounts, which is taken back. These messages are read anew once booking begins."""
    with transaction.atomic():
        plans = Planner(read, tenant).plan_all(read)
        transaction.set_rollback(True)
    rows = [extraction_row(r, plans.get(r.email.pk, [])) for r in read]
    for one, row in zip(read, rows, strict=True):
        if one.reading is not None:
            row.state = ExtractionState.HELD
    return _keep(read, rows)


def _keep(read: Sequence[ReadEmail], rows: Sequence[EmailExtraction]) -> dict[str, int]:
    insert_rows(rows, ignore_conflicts=True)
    keep_attachments([row for r in read for row in r.attached if row._state.adding])
    counts = dict.fromkeys(ExtractionState.values, 0)
    for row in rows:
        counts[row.state] += 1
    return counts


def question_duplicates(
    plans: dict[Any, list[Plan]], senders: dict[Any, str]
) -> dict[Any, list[Plan]]:
    """The same plans, with a question where a movement may be told already."""
    facts = {
        plan.source: told(plan.movement, senders[email_id])
        for email_id, some in plans.items()
        for plan in some
        if plan.movement is not None
    }
    known = in_ledger(list(facts.values()))
    checked: dict[Any, list[Plan]] = {}
    for email_id, some in plans.items():
        checked[email_id] = []
        for plan in some:
            mine = facts.get(plan.source)
            if mine is not None:
                if is_told(mine, known):
                    reasons = tuple(dict.fromkeys([*plan.reasons, str(Doubt.POSSIBLE_DUPLICATE)]))
                    plan = replace(plan, action=Action.PROPOSE, reasons=reasons)
                known.append(mine)
            checked[email_id].append(plan)
    return checked


def carry_out(plans: Sequence[Plan]) -> None:
    """Post, propose and ask, and find what belongs together; call it in one atomic block."""
    to_post = [p for p in plans if p.movement and p.action == Action.POST]
    booked = ledger.post_many([p.movement for p in to_post if p.movement])
    settle_openings(
        [
            Booked(
                account_id=p.movement.account_id,
                booked_on=p.movement.booked_on,
                told_at=p.told_at,
                amount=p.movement.amount,
                balance_after=p.balance_after,
            )
            for p in to_post
            if p.movement and p.told_at
        ]
    )
    booked += ledger.propose_many(
        [(p.movement, p.reasons) for p in plans if p.movement and p.action == Action.PROPOSE]
    )
    keep_stated(stated_after(plans))
    asked = review.ask_many([(p.source, p.draft, p.reasons) for p in plans if p.draft is not None])
    find_matches([row.pk for row in booked], [item.pk for item in asked if item])


def extraction_row(read: ReadEmail, plans: Sequence[Plan]) -> EmailExtraction:
    """What is kept of a reading, not yet saved."""
    row = EmailExtraction(
        email=read.email, reader_version=READER_VERSION, state=_state(read, plans), error=read.error
    )
    if read.reading is None:
        if not read.error:
            row.reasons = ["screened_out"]
        return row
    reading = read.reading
    row.verdict, row.event, row.route = reading.verdict, reading.event, reading.route
    row.candidates = [candidate_record(candidate) for candidate in reading.candidates]
    row.confidence = max((c.confidence for c in reading.candidates), default=0.0)
    row.reasons = list(
        dict.fromkeys([*map(str, reading.reasons), *(r for plan in plans for r in plan.reasons)])
    )
    return row


def _state(read: ReadEmail, plans: Sequence[Plan]) -> ExtractionState:
    if read.error:
        return ExtractionState.FAILED
    if read.reading is None or read.reading.verdict == Verdict.NOT_FINANCIAL:
        return ExtractionState.NOT_FINANCIAL
    if not plans:
        return ExtractionState.NOTED
    if all(plan.action == Action.POST for plan in plans):
        return ExtractionState.BOOKED
    return ExtractionState.PROPOSED
