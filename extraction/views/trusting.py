"""Trusting a sender from a question in review, and no longer."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from extraction.models import TrustedSender
from extraction.trusting import TrustRefused, trust_sender, waiting_of
from extraction.views.review import email_of, next_question, show_question
from extraction.views.review_group import chosen_ids
from finance import review
from finance.errors import LedgerError
from finance.models import ReviewItem
from tenancy.pages import page
from tenancy.permissions import require


@require_POST
@page("transactions:read", write="transactions:write")
def trust(request: HttpRequest, item_id: uuid.UUID) -> HttpResponse:
    """Trust who sent the message behind a question, and book what waited for nothing else."""
    require("mail:write")
    email = email_of(get_object_or_404(ReviewItem, pk=item_id))
    try:
        row = trust_sender(email.from_address if email else "")
    except TrustRefused as error:
        return show_question(request, item_id, problem=str(error))
    booked: list[uuid.UUID] = []
    for item in waiting_of(row.address):
        try:
            with transaction.atomic():
                review.accept(item.pk)
        except LedgerError:
            continue
        booked.append(item.pk)
    text = ngettext(
        "%(sender)s is trusted; %(n)d booked.", "%(sender)s is trusted; %(n)d booked.", len(booked)
    ) % {"sender": row.address, "n": len(booked)}
    if not booked:
        return show_question(request, item_id)
    return next_question(request, booked, text, undo=reverse("review_untrust", args=[row.pk]))


@require_POST
@page("transactions:read", write="transactions:write")
def untrust(request: HttpRequest, sender_id: uuid.UUID) -> HttpResponse:
    """Take it back, with all that was booked by it, or, if one was changed since, nothing."""
    require("mail:write")
    problem = ""
    try:
        with transaction.atomic():
            get_object_or_404(TrustedSender, pk=sender_id).delete()
            for item_id in chosen_ids(request):
                review.reopen(item_id)
    except LedgerError as error:
        problem = str(error)
    return next_question(request, [], "", problem=problem)


@require_POST
@page("mail:write")
def forget(request: HttpRequest, sender_id: uuid.UUID) -> HttpResponse:
    """What was booked stays; the next message of a sender nothing was booked of is asked about."""
    get_object_or_404(TrustedSender, pk=sender_id).delete()
    messages.success(request, _("No longer trusted. What was booked stays."))
    return redirect("reading")
