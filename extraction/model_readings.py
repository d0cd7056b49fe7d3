"""Making something of a model's verified reading: a proposal, or a better question."""

from __future__ import annotations

from extraction.booking import Planner, ReadEmail
from extraction.document import Document
from extraction.models import EmailExtraction
from extraction.pipeline import READER_VERSION, carry_out, question_duplicates
from extraction.reading import Reading
from extraction.records import candidate_record
from extraction.senders import SOURCE_KIND, author_of
from finance import review
from finance.models import ReviewItem, ReviewState
from jobs.base import JsonObject
from mail_ingest.models import Email
from tenancy.models import Tenant

DISAGREES = "model_disagrees"
BY_MODEL = "read_by_model"


def apply_reading(email: Email, reading: Reading, document: Document, tenant: Tenant) -> JsonObject:
    """In the caller's transaction. What a person has decided meanwhile stays as it is, and so does
    what the rules have proposed."""
    read = ReadEmail(
        email, reading, document.text,
        forwarded_from=author_of(document) if document.is_forwarded else None,
    )  # fmt: skip
    open_items = {
        item.source_item: item
        for item in ReviewItem.objects.filter(
            source_kind=SOURCE_KIND, source_id=str(email.pk), state=ReviewState.OPEN
        )
    }
    planner = Planner([read], tenant)
    plans = planner.plan_all([read])[email.pk]
    if not plans:
        for item in open_items.values():
            review.redraft(item, item.draft, [*item.reasons, DISAGREES])
    elif not open_items:
        checked = question_duplicates({email.pk: plans}, {email.pk: email.from_address})
        carry_out(checked[email.pk])
    for plan in plans:
        asked = open_items.get(plan.source.item)
        if asked is not None and asked.transaction_id is None:
            candidate = reading.candidates[plan.source.item]
            review.redraft(asked, planner.draft(read, candidate), [*plan.reasons, BY_MODEL])
    _keep(email, reading)
    return {"asked": True, "read": True, "events": len(plans)}


def _keep(email: Email, reading: Reading) -> None:
    """The reading that evidence is shown from. One without an event tells a person nothing."""
    if not reading.candidates:
        return
    EmailExtraction.objects.filter(email=email, reader_version=READER_VERSION).update(
        candidates=[candidate_record(candidate) for candidate in reading.candidates],
        route=reading.route,
        verdict=reading.verdict,
        event=reading.event,
        confidence=max(candidate.confidence for candidate in reading.candidates),
        reasons=list(dict.fromkeys([*map(str, reading.reasons), BY_MODEL])),
    )
