"""Ctrl+K: one field that goes to any page, account or transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from config import navigation
from config.context import Frame
from finance.forms import TransactionFilterForm
from finance.models import FinancialAccount
from finance.querysets import list_rows
from finance.views.rows import title_of
from tenancy.pages import page
from tenancy.permissions import may

MOST: Final = 8
LONGEST: Final = 100


@dataclass(frozen=True, slots=True)
class Found:
    href: str
    label: str
    icon: str
    kind: str
    hint: str = ""


@require_safe
@page()
def palette(request: HttpRequest) -> HttpResponse:
    """The palette, or with `q` what fits: pages by name, accounts, then transactions. `recent`
    are the pages that this tab was on, each as "address, newline, title"."""
    query = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    frame = Frame(getattr(request, "access", None))
    found = [*_pages(frame, query), *_accounts(query), *_transactions(query)]
    recent = list(_recent(request)) if not query else []
    context = {"found": recent + found, "query": query}
    template = "_palette_found.html" if "q" in request.GET else "_palette.html"
    return render(request, template, context)


def _recent(request: HttpRequest) -> Iterator[Found]:
    for told in request.GET.getlist("recent")[:MOST]:
        href, _newline, title = told.partition("\n")
        if title and url_has_allowed_host_and_scheme(href, allowed_hosts=None):
            yield Found(href, title[:LONGEST], "jobs", _("Recent"))


def _pages(frame: Frame, query: str) -> Iterator[Found]:
    seen = set()
    for groups in (navigation.MAIN, navigation.FOOT, navigation.SETTINGS):
        for group in navigation.links(groups, frame, ""):
            for link in group.links:
                if query.casefold() in str(link.label).casefold() and link.href not in seen:
                    seen.add(link.href)
                    yield Found(link.href, str(link.label), link.icon, _("Page"))


def _accounts(query: str) -> Iterator[Found]:
    if not may("accounts:read"):
        return
    accounts = FinancialAccount.objects.filter(is_archived=False, name__icontains=query)
    for account in accounts.order_by("name")[:MOST]:
        href = reverse("account", args=[account.pk])
        yield Found(href, account.name, "account", _("Account"), account.institution)


def _transactions(query: str) -> Iterator[Found]:
    if not query or not may("transactions:read"):
        return
    form = TransactionFilterForm({"search": query})
    if not form.is_valid():
        return
    rows = list(list_rows(form.matching())[: MOST + 1])
    for row in rows[:MOST]:
        title = title_of(row["merchant"], row["description"], row["event"])
        href = reverse("transaction", args=[row["id"]])
        yield Found(href, title, "transactions", _("Transaction"), row["booked_on"].isoformat())
    if len(rows) > MOST:
        href = f"{reverse('transactions')}?{urlencode({'search': query})}"
        yield Found(href, _("All transactions with “%(text)s”") % {"text": query}, "search", "")
