"""The settings page of calendar feeds, and the address that calendar programs read."""

from __future__ import annotations

import uuid
from typing import Final

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import person_of
from accounts.addresses import client_address
from accounts.counters import HOUR, Limit, count_address, count_attempt
from accounts.errors import TooManyAttempts
from organizer.calendars import feeds
from organizer.calendars.publishing import publish
from organizer.errors import OrganizerError
from organizer.models import CalendarFeed, FeedPart
from tenancy.pages import page, tell
from tenancy.permissions import may
from tenancy.scope import Actor, all_tenants, tenant_scope

# A program asks every quarter of an hour at most; several devices share one address.
BY_FEED: Final = Limit("calendar_feed.feed", 240, HOUR)
WRONG_BY_ADDRESS: Final = Limit("calendar_feed.address", 60, HOUR)
PLAIN: Final = "text/plain; charset=utf-8"
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


class FeedForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    parts = forms.MultipleChoiceField(
        label=gettext_lazy("Shows"), choices=FeedPart.choices, initial=FeedPart.values,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    only_mine = forms.BooleanField(
        label=gettext_lazy("Only my own tasks"), required=False,
        help_text=gettext_lazy("Those of others are left out; those of nobody stay."),
    )  # fmt: skip
    shows_amounts = forms.BooleanField(
        label=gettext_lazy("With amounts"), required=False, initial=True,
        help_text=gettext_lazy("Leave them out if the calendar is kept by somebody else."),
    )  # fmt: skip


@never_cache
@get_or_post
@page("calendars:read", write="calendars:write")
def calendars(request: HttpRequest) -> HttpResponse:
    """An address is shown in the answer to the form that made it, and there alone."""
    form, address = FeedForm(request.POST or None), ""
    if form.is_valid():
        try:
            _row, token = feeds.make_feed(**form.cleaned_data)
        except OrganizerError as error:
            tell(form, error)
        else:
            form, address = FeedForm(), address_of(token)
    return _shown(request, form, address, 422 if form.errors else 200)


@never_cache
@require_POST
@page("calendars:write")
def decide(request: HttpRequest, feed_id: uuid.UUID) -> HttpResponse:
    """Give it another address, or revoke it."""
    row = get_object_or_404(feeds.own_feeds(person_of(request).pk), pk=feed_id)
    if request.POST.get("verb") == "renew":
        _row, token = feeds.renew_feed(row.pk)
        return _shown(request, FeedForm(), address_of(token), 200)
    feeds.revoke_feed(row.pk)
    messages.success(request, _("Revoked: its address opens nothing any more."))
    return redirect("calendars")


def _shown(request: HttpRequest, form: FeedForm, address: str, status: int) -> HttpResponse:
    labels = dict(FeedPart.choices)
    rows = feeds.own_feeds(person_of(request).pk)
    context = {
        "feeds": [(row, [labels[part] for part in row.parts if part in labels]) for row in rows],
        "address": address,
        "form": form if may("calendars:write") else None,
    }
    return render(request, "organizer/calendars.html", context, status=status)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar that a token opens. It shows what its member may see now, in no other tenant
    than its own, whoever asks."""
    try:
        with all_tenants("a calendar feed names its own tenant"):
            row = feeds.find_feed(token)
        if row is None:
            count_address(WRONG_BY_ADDRESS, client_address(request))
            return HttpResponse("There is no calendar here.\n", content_type=PLAIN, status=404)
        count_attempt(BY_FEED, str(row.pk))
    except TooManyAttempts as error:
        headers = {"Retry-After": str(error.wait)}
        return HttpResponse(f"{error}\n", content_type=PLAIN, status=429, headers=headers)
    return _calendar(request, row)


def _calendar(request: HttpRequest, row: CalendarFeed) -> HttpResponseBase:
    user = row.membership.user
    actor = Actor("token", user.pk, row.name)
    with tenant_scope(row.tenant.pk, actor=actor, permissions=row.membership.role.codes):
        found = publish(row)
        feeds.note_use(row)
    response = HttpResponse(
        found.text,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": found.etag,
            "Cache-Control": "private, no-cache",
            "Content-Disposition": 'inline; filename="inledger.ics"',
            "X-Robots-Tag": "noindex",
            "Referrer-Policy": "no-referrer",
        },
    )
    answer: HttpResponseBase | None = get_conditional_response(
        request, etag=found.etag, response=response
    )
    return answer or response


def address_of(token: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse('calendar_feed', args=(token,))}"
