"""Learning of what people decide: each answer to a question teaches how its sender writes.

learn_from_decisions    the decisions since the last time, oldest first -> templates
templates_of            what is known of some senders, to read their messages by
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from extraction.booking import Doubt
from extraction.models import EmailExtraction, LearnedTemplate, LearningProgress, TemplateState
from extraction.pipeline import stored_document
from extraction.reading import Direction, Event
from extraction.senders import SOURCE_KIND
from extraction.templates.learning import Example, lesson
from extraction.templates.places import KEPT, normalized_span
from extraction.templates.template import Template
from finance.models import (
    ChangeSubject,
    LedgerChange,
    ReviewItem,
    ReviewState,
    Transaction,
    TransactionState,
)
from mail_ingest.models import Email
from tenancy.models import Tenant
from tenancy.scope import current_tenant_id

AT_ONCE = 200
# Agreeing confirmations after which a template reads by itself.
ENOUGH = 2
MOST_OF_A_SENDER = 40
POSSIBLE_DUPLICATE = str(Doubt.POSSIBLE_DUPLICATE)


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person has said of one event of one message, and when. Without a transaction: that
    it is none."""

    at: datetime
    email_id: str
    item: int
    transaction: Transaction | None
    teaches: bool = True
    """Whether it makes a new template; else it can only contradict those there are."""


def templates_of(senders: Iterable[str]) -> dict[str, list[Template]]:
    """The templates that are in use, by sender: one query."""
    known: dict[str, list[Template]] = defaultdict(list)
    rows = LearnedTemplate.objects.filter(sender__in=set(senders)).exclude(
        state=TemplateState.DROPPED
    )
    for row in rows.order_by("-confirmations", "id"):
        known[row.sender].append(template_of(row))
    return known


def template_of(row: LearnedTemplate) -> Template:
    return Template(
        key=row.key,
        lines=tuple(tuple(line) for line in row.pattern["lines"]),
        statics=frozenset(row.pattern["statics"]),
        event=Event(row.event) if row.event else None,
        direction=Direction(row.direction) if row.direction else None,
        currency=row.currency,
        warnings=frozenset(row.pattern["warnings"]),
        is_active=row.state == TemplateState.ACTIVE,
    )


def learn_from_decisions(tenant: Tenant) -> int:
    """Learn of the tenant's decisions since the last time; in the caller's transaction. Returns
    how many there were."""
    progress, _ = LearningProgress.objects.get_or_create(
        tenant_id=current_tenant_id(), defaults={"upto": datetime.min.replace(tzinfo=UTC)}
    )
    decisions = decided_since(progress.upto)
    emails = Email.objects.select_related("raw", "account").in_bulk(
        [uuid.UUID(decision.email_id) for decision in decisions]
    )
    for decision in decisions:
        email = emails.get(uuid.UUID(decision.email_id))
        example = example_of(decision, email, tenant) if email is not None else None
        if email is not None and example is not None:
            _take(example, email, teaches=decision.teaches)
    if decisions:
        progress.upto = decisions[-1].at
        progress.save(update_fields=["upto"])
    return len(decisions)


def decided_since(upto: datetime) -> list[Decision]:
    """Answers in review, and corrections of what was booked, oldest first."""
    answered = (
        ReviewItem.objects.filter(decided_at__gt=upto)
        .exclude(state=ReviewState.OPEN)
        .select_related("transaction__account")
        .order_by("decided_at")[:AT_ONCE]
    )
    decisions = [decision for item in answered if (decision := _answer(item))]
    changes = dict(
        LedgerChange.objects.filter(
            subject=ChangeSubject.TRANSACTION, verb__in=("edit", "void"), actor_kind="user",
            at__gt=upto,
        ).order_by("at").values_list("subject_id", "at")[:AT_ONCE]
    )  # fmt: skip
    corrected = Transaction.objects.filter(pk__in=changes, source_kind=SOURCE_KIND).select_related(
        "account"
    )
    decisions += [_correction(row, changes[row.pk]) for row in corrected if _is_settled(row)]
    return sorted(decisions, key=lambda decision: decision.at)[:AT_ONCE]


def _answer(item: ReviewItem) -> Decision | None:
    source = item if item.source_kind else item.transaction
    if source is None or source.source_kind != SOURCE_KIND or item.decided_at is None:
        return None
    row = item.transaction
    if item.state == ReviewState.ACCEPTED:
        if row is None or not _is_settled(row) or row.state != TransactionState.POSTED:
            return None
        return Decision(item.decided_at, source.source_id, source.source_item, row)
    if POSSIBLE_DUPLICATE in item.reasons:
        return None  # told already is not the same as never happened
    return Decision(item.decided_at, source.source_id, source.source_item, None)


def _correction(row: Transaction, at: datetime) -> Decision:
    booked = row if row.state == TransactionState.POSTED else None
    return Decision(at, row.source_id, row.source_item, booked, teaches=booked is not None)


def _is_settled(row: Transaction) -> bool:
    """Whether it stands for itself, and is no proposal and no second telling of another."""
    return row.state != TransactionState.PROPOSED and row.merged_into_id is None


def example_of(decision: Decision, email: Email, tenant: Tenant) -> Example | None:
    """The message with what is true of it; None where its body has been forgotten or its reading
    is not known."""
    extraction = EmailExtraction.objects.filter(email=email).order_by("-reader_version").first()
    if extraction is None or decision.item >= max(1, len(extraction.candidates)):
        return None
    if len(extraction.candidates) > 1 or email.raw.is_headers_only:
        return None  # of several events in one message a template would read but one
    document = stored_document(email, tenant)
    if document is None or document.is_forwarded:
        return None  # who passes a bank's message on does not write as it does
    record = extraction.candidates[0] if extraction.candidates else {"fields": {}}
    row = decision.transaction
    read = {
        name: normalized_span(document, field["start"], field["end"])
        for name, field in record["fields"].items()
        if name in KEPT and "start" in field
    }
    if row is None:
        return Example(document, None, None, None, None, "", "", "", read)
    if not row.event:
        return None  # a person entered it: what happened is not known
    return Example(
        document=document,
        event=Event(row.event),
        direction=_direction(row, record),
        amount=abs(row.amount),
        booked_on=row.booked_on,
        merchant=row.merchant,
        read_merchant=record["fields"].get("merchant", {}).get("value", ""),
        account_digits=row.account.last_digits,
        read=read,
    )


def _direction(row: Transaction, record: dict[str, Any]) -> Direction:
    if record.get("direction") == Direction.TRANSFER:
        return Direction.TRANSFER
    return Direction.CREDIT if row.amount_minor > 0 else Direction.DEBIT


def _take(example: Example, email: Email, *, teaches: bool) -> None:
    """Keep what one example teaches."""
    rows = {
        row.key: row
        for row in LearnedTemplate.objects.filter(sender=email.from_address).exclude(
            state=TemplateState.DROPPED
        )
    }
    learned = lesson([template_of(row) for row in rows.values()], example)
    for key in learned.contradicted:
        _drop(rows[key], "A person has corrected what it read.")
    for key in learned.confirmed:
        if rows[key].example_id != email.pk:
            _confirm(rows[key], email)
    if learned.new is not None and teaches and len(rows) < MOST_OF_A_SENDER:
        _keep(learned.new, email)


def _confirm(row: LearnedTemplate, email: Email) -> None:
    row.confirmations += 1
    row.example = email
    if row.confirmations >= ENOUGH:
        row.state = TemplateState.ACTIVE
    row.save(update_fields=["confirmations", "example", "state", "changed_at"])


def _drop(row: LearnedTemplate, why: str) -> None:
    row.state, row.dropped_because = TemplateState.DROPPED, why
    row.save(update_fields=["state", "dropped_because", "changed_at"])


def drop(row: LearnedTemplate) -> None:
    """A person wants it no more; the same is not learned again."""
    _drop(row, "A person has dropped it.")


def _keep(template: Template, email: Email) -> None:
    """What was dropped once stays so."""
    LearnedTemplate.objects.get_or_create(
        sender=email.from_address,
        key=template.key,
        defaults={
            "event": template.event or "",
            "direction": template.direction or "",
            "currency": template.currency,
            "pattern": {
                "lines": template.lines,
                "statics": sorted(template.statics),
                "warnings": sorted(template.warnings),
            },
            "example": email,
        },
    )
