"""Pages about messages: what was read, why, and what came of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from extraction.models import EmailExtraction, ExtractionState
from extraction.replaying import running
from extraction.senders import SOURCE_KIND
from extraction.views.evidence import evidence_context
from finance.models import ReviewItem, ReviewState, Transaction
from finance.querysets import list_rows, with_links
from finance.views.events import event_label
from finance.views.rows import entry, reason_labels
from mail_ingest.models import ConnectedAccount, Email, EmailState
from mail_ingest.storage import original_of, reread
from mail_ingest.trust import Trust
from tenancy.errors import DomainError
from tenancy.pages import is_htmx, page
from tenancy.paging import newest_first

STYLES: Final = {
    ExtractionState.BOOKED: "good",
    ExtractionState.PROPOSED: "warn",
    ExtractionState.FAILED: "bad",
    ExtractionState.HELD: "info",
}
TRUST_STYLES: Final = {Trust.VERIFIED: "good", Trust.FAILING: "bad"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a message, in a word."""

    label: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    email: Email
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Tab:
    label: str
    href: str
    is_current: bool


@require_safe
@page("mail:read")
def emails(request: HttpRequest) -> HttpResponse:
    shown = request.GET.get("show", "")
    # PostgreSQL takes no NUL.
    search = request.GET.get("search", "").replace("\0", "").strip()[:100]
    found = _shown(shown)
    account = _account(request.GET.get("account", ""))
    if account is not None:
        found = found.filter(account=account)
    if search:
        found = found.filter(subject__icontains=search) | found.filter(
            from_address__icontains=search
        )
    listed = newest_first(request, found, "received_at")
    by_email = _extractions([email.id for email in listed.rows])
    context = {
        "listed": [Listed(email, outcome(email, by_email.get(email.id))) for email in listed.rows],
        "next_page": listed.next_href,
        "tabs": _tabs(shown, account),
        "account": account,
        "shown": shown,
        "search": search,
    }
    template = "extraction/emails.html"
    if is_htmx(request):
        is_next = "after" in request.GET
        template = "extraction/_email_rows.html" if is_next else "extraction/_emails.html"
    return render(request, template, context)


@require_safe
@page("mail:read")
def email(request: HttpRequest, email_id: uuid.UUID) -> HttpResponse:
    found = get_object_or_404(Email.objects.select_related("raw", "account"), id=email_id)
    extraction = _extractions([found.id]).get(found.id)
    at_source = {"source_kind": SOURCE_KIND, "source_id": str(found.id)}
    rows = list(list_rows(Transaction.objects.filter(**at_source)))
    context: dict[str, Any] = {
        "email": found,
        "can_read_again": found.state == EmailState.QUARANTINED
        or (extraction is not None and not found.raw.is_headers_only),
        "outcome": outcome(found, extraction),
        "extraction": extraction,
        "event": event_label(extraction.event) if extraction else "",
        "reasons": reason_labels(extraction.reasons) if extraction else [],
        "trust_style": TRUST_STYLES.get(Trust(found.trust), ""),
        "transactions": [entry(row) for row in with_links(rows)],
        "questions": ReviewItem.objects.filter(
            **at_source, state=ReviewState.OPEN, transaction=None
        ),
    }
    if found.state == EmailState.COPY:
        context["original"] = original_of(found)
    if found.state == EmailState.STORED:
        context |= evidence_context(found, 0)
    template = "extraction/_email.html" if is_htmx(request) else "extraction/email.html"
    return render(request, template, context)


@require_POST
@page("mail:write", write="transactions:write")
def read_again(request: HttpRequest, email_id: uuid.UUID) -> HttpResponse:
    """Read one message with today's rules: what would be different is shown, and waits for a
    decision. One in quarantine is parsed again, and then read like a new one."""
    found = get_object_or_404(Email, id=email_id)
    try:
        if found.state == EmailState.QUARANTINED:
            return _parsed_again(request, reread(found))
        replay, _job = running.start(email=found)
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("email", email_id)
    return redirect("replay", replay.pk)


def _parsed_again(request: HttpRequest, found: Email) -> HttpResponse:
    if found.state == EmailState.QUARANTINED:
        messages.error(request, _("It still cannot be read. Its bytes are kept."))
    else:
        messages.success(request, _("It can be read now, and is being looked through."))
    return redirect("email", found.pk)


def outcome(email: Email, extraction: EmailExtraction | None) -> Outcome:
    if email.state == EmailState.QUARANTINED:
        return Outcome(_("Quarantined"), "bad")
    if email.state == EmailState.COPY:
        return Outcome(email.get_state_display(), "")
    if extraction is None:
        return Outcome(_("Not read yet"), "info")
    state = ExtractionState(extraction.state)
    return Outcome(extraction.get_state_display(), STYLES.get(state, ""))


def _extractions(email_ids: list[uuid.UUID]) -> dict[uuid.UUID, EmailExtraction]:
    """The newest reading of each message."""
    rows = EmailExtraction.objects.filter(email__in=email_ids).order_by("reader_version")
    return {row.email_id: row for row in rows.defer("candidates")}


def _shown(shown: str) -> QuerySet[Email]:
    every: QuerySet[Email] = Email.objects.defer("trust_reason", "screening_reason")
    if shown == "quarantined":
        return every.filter(state=EmailState.QUARANTINED)
    if shown in ExtractionState.values:
        read = EmailExtraction.objects.filter(email=OuterRef("pk"), state=shown)
        return every.filter(Exists(read))
    return every


def _account(text: str) -> ConnectedAccount | None:
    """The one whose messages are shown; all of them for an id that is none."""
    try:
        wanted = uuid.UUID(text)
    except ValueError:
        return None
    found: ConnectedAccount | None = ConnectedAccount.objects.filter(id=wanted).first()
    return found


def _tabs(shown: str, account: ConnectedAccount | None) -> list[Tab]:
    labels = [
        ("", _("All")),
        (ExtractionState.BOOKED.value, _("Booked")),
        (ExtractionState.PROPOSED.value, _("In review")),
        (ExtractionState.NOTED.value, _("Nothing to book")),
        (ExtractionState.NOT_FINANCIAL.value, _("Not financial")),
        (ExtractionState.FAILED.value, _("Could not be read")),
        ("quarantined", _("Quarantined")),
    ]
    of_account = {"account": str(account.pk)} if account else {}
    return [
        Tab(label, f"?{urlencode(of_account | ({'show': code} if code else {}))}", code == shown)
        for code, label in labels
    ]
