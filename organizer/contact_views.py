"""Pages of contacts: the list, one of them, its forms, duplicates."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from finance.merchants.reading import standing as standing_merchants
from finance.models import Merchant
from finance.querysets import today, with_links
from finance.views.rows import entry
from organizer.address_book.card import Card
from organizer.contact_forms import (
    AddressForms,
    ContactForm,
    MerchantForm,
    OtherForm,
    RelationForm,
    details,
    initial_addresses,
    initial_of,
)
from organizer.contacts import keeping, merging
from organizer.contacts.exporting import FORMATS, as_file
from organizer.contacts.reading import (
    Shown,
    matching,
    messages_of,
    shown,
    suggested_merchants,
    tagged,
    tasks_of,
    transactions_with,
)
from organizer.contacts.reading import (
    contacts as all_contacts,
)
from organizer.contacts.sealing import card_of
from organizer.errors import OrganizerError
from organizer.models import Contact, ContactKind, ContactRelation
from tenancy.change_forms import tell_kept
from tenancy.pages import is_htmx, page, tell
from tenancy.permissions import may

PAGE_SIZE: Final = 50
# As many as a list to choose from can hold.
CHOICES: Final = 300
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
@page("contacts:read")
def contacts(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    kind, tag = request.GET.get("kind", ""), request.GET.get("tag", "").replace("\0", "")[:80]
    rows = matching(all_contacts(), text) if text else all_contacts()
    rows = rows.filter(kind=kind) if kind in ContactKind.values else rows
    rows = tagged(rows, tag) if tag else rows
    after, _tilde, after_id = request.GET.get("after", "").replace("\0", "").rpartition("~")
    if after and (pk := _id(after_id)):
        rows = rows.filter(key__gte=after).exclude(key=after, pk__lte=pk)
    found = list(rows[: PAGE_SIZE + 1])
    page_rows, is_more = found[:PAGE_SIZE], len(found) > PAGE_SIZE
    query = {name: value for name, value in (("q", text), ("kind", kind), ("tag", tag)) if value}
    last = page_rows[-1] if is_more else None
    context = {
        "rows": shown(page_rows),
        "q": text, "kind": kind, "tag": tag, "kinds": ContactKind.choices,
        "is_narrowed": bool(query),
        "next_page": f"?{urlencode({**query, 'after': f'{last.key}~{last.pk}'})}" if last else "",
    }  # fmt: skip
    return render(request, "organizer/contacts.html", context)


@require_safe
@page("contacts:read")
def contact(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(Contact, pk=contact_id)
    if row.merged_into_id is not None:
        return redirect("contact", row.merged_into_id)
    return _show(request, row)


@get_or_post
@page("contacts:write")
def edit(request: HttpRequest, contact_id: uuid.UUID | None = None) -> HttpResponse:
    """The form of a new one, or of one that is there."""
    row = get_object_or_404(all_contacts(), pk=contact_id) if contact_id else None
    card = card_of(row) if row else Card("")
    form = ContactForm(request.POST or None, initial=initial_of(card, row and row.interacted_on))
    places = AddressForms(request.POST or None, initial=initial_addresses(card), prefix="address")
    if request.method == "POST" and form.is_valid() and places.is_valid():
        given = details(form.cleaned_data, [each.cleaned_data for each in places], card)
        try:
            saved = keeping.change_contact(row.pk, given) if row else keeping.add_contact(**given)
        except OrganizerError as error:
            tell(form, error)
        else:
            messages.success(request, _("Saved."))
            tell_kept(request, form)
            return redirect("contact", saved.pk)
    context = {"form": form, "places": places, "contact": row}
    status = 422 if form.errors or (places.is_bound and not places.is_valid()) else 200
    return render(request, "organizer/contact_form.html", context, status=status)


@require_POST
@page("contacts:write")
def decide(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    """What the buttons of a contact do."""
    row = get_object_or_404(Contact, pk=contact_id)
    try:
        match request.POST.get("verb"):
            case "remove":
                keeping.remove_contact(row.pk)
                messages.success(request, _("Removed."))
                return redirect("contacts")
            case "met":
                keeping.change_contact(row.pk, {"interacted_on": today()})
            case "unlink":
                if merchant_id := _id(request.POST.get("id", "")):
                    keeping.unlink_merchant(row.pk, merchant_id)
            case "link" if merchant_id := _id(request.POST.get("id", "")):
                keeping.link_merchant(row.pk, merchant_id)
            case "unrelate":
                if relation_id := _id(request.POST.get("id", "")):
                    keeping.unrelate(row.pk, relation_id)
            case "part":
                merging.part_contact(row.pk)
                messages.success(request, _("Parted: both are as they were."))
            case "merge" if into := _id(request.POST.get("id", "")):
                kept = merging.merge_contacts(row.pk, into)
                messages.success(request, _("Joined. You can part them again below."))
                return redirect("contact", kept.pk)
    except OrganizerError as error:
        messages.error(request, str(error))
    return redirect("contact", contact_id)


@require_POST
@page("contacts:write")
def link(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Link the merchant of a name."""
    row = get_object_or_404(all_contacts(), pk=contact_id)
    form = MerchantForm(request.POST, auto_id="merchant_%s")
    if form.is_valid():
        merchant = Merchant.objects.filter(name=form.cleaned_data["merchant"].strip()).first()
        try:
            if merchant is None:
                raise OrganizerError(_("There is no merchant of this name."), field="merchant")
            keeping.link_merchant(row.pk, merchant.pk)
        except OrganizerError as error:
            tell(form, error)
        else:
            return redirect("contact", row.pk)
    return _show(request, row, merchant_form=form)


@require_POST
@page("contacts:write")
def relate(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    row = get_object_or_404(all_contacts(), pk=contact_id)
    form = RelationForm(request.POST, auto_id="relation_%s")
    if form.is_valid():
        try:
            other = _named(form.cleaned_data["other"])
            keeping.relate(row.pk, other.pk, form.cleaned_data["kind"])
        except OrganizerError as error:
            tell(form, error)
        else:
            return redirect("contact", row.pk)
    return _show(request, row, relation_form=form)


@require_POST
@page("contacts:write")
def join(request: HttpRequest, contact_id: uuid.UUID) -> HttpResponse:
    """Join it with the contact of a name, which stays."""
    row = get_object_or_404(all_contacts(), pk=contact_id)
    form = OtherForm(request.POST, auto_id="join_%s")
    if form.is_valid():
        try:
            kept = merging.merge_contacts(row.pk, _named(form.cleaned_data["other"]).pk)
        except OrganizerError as error:
            error.field = "other"
            tell(form, error)
        else:
            messages.success(request, _("Joined. You can part them again below."))
            return redirect("contact", kept.pk)
    return _show(request, row, join_form=form)


@require_safe
@page("contacts:read")
def duplicates(request: HttpRequest) -> HttpResponse:
    pairs = [shown(pair) for pair in merging.duplicates()]
    return render(request, "organizer/contact_duplicates.html", {"pairs": pairs})


@require_safe
@page("contacts:read")
def file(request: HttpRequest, form: str) -> HttpResponseBase:
    """All contacts as a file, or with `contact` one."""
    if form not in FORMATS:
        raise Http404(f"Contacts are written as {' or '.join(FORMATS)}.")
    rows = all_contacts()
    if pk := _id(request.GET.get("contact", "")):
        rows = rows.filter(pk=pk)
    return as_file(rows, form)


def _named(text: str) -> Contact:
    """Raises OrganizerError unless one contact is called so."""
    rows = list(all_contacts().filter(name=text.strip())[:2])
    if len(rows) != 1:
        said = _("Several contacts are called so: join them first.") if rows else _(
            "There is no contact of this name."
        )  # fmt: skip
        raise OrganizerError(said, code="unknown_contact", field="other")
    return rows[0]


def _birthday(text: str) -> date | None:
    try:
        return date.fromisoformat(f"2000-{text[2:4]}-{text[4:]}" if text[:1] == "-" else text)
    except ValueError:
        return None


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _show(
    request: HttpRequest,
    row: Contact,
    *,
    merchant_form: forms.Form | None = None,
    relation_form: forms.Form | None = None,
    join_form: forms.Form | None = None,
) -> HttpResponse:
    (each,) = shown([row], whole=True)
    relations = ContactRelation.objects.filter(contact=row) | ContactRelation.objects.filter(
        other=row
    )
    is_writer, sees_ledger = may("contacts:write"), may("transactions:read")
    is_bad = any(
        form is not None and form.errors for form in (merchant_form, relation_form, join_form)
    )
    context: dict[str, Any] = {
        "contact": row, "card": each.card, "each": each,
        "born_on": _birthday(each.card.birthday), "has_year": each.card.birthday[:1] != "-",
        "relations": relations.select_related("contact", "other").order_by("kind", "id"),
        "merged": row.merged.order_by("key", "id"),
        "transactions": [entry(t) for t in with_links(transactions_with(each.merchants))]
        if sees_ledger else [],
        "sees_ledger": sees_ledger,
        "messages_of": messages_of(each.card) if may("mail:read") else [],
        "tasks": tasks_of(row) if may("tasks:read") else [],
    }  # fmt: skip
    if is_writer:
        context |= {
            "merchant_form": merchant_form or MerchantForm(auto_id="merchant_%s"),
            "relation_form": relation_form or RelationForm(auto_id="relation_%s"),
            "join_form": join_form or OtherForm(auto_id="join_%s"),
            **_choices(row, each, sees_ledger=sees_ledger),
        }
    template = "organizer/_contact.html" if is_htmx(request) else "organizer/contact.html"
    return render(request, template, context, status=422 if is_bad else 200)


def _choices(row: Contact, each: Shown, *, sees_ledger: bool) -> dict[str, Any]:
    """What the forms of a contact offer."""
    others = all_contacts().exclude(pk=row.pk).values_list("name", flat=True)[:CHOICES]
    if not sees_ledger:
        return {"others": others}
    linked = [merchant.pk for merchant in each.merchants]
    return {
        "others": others,
        "suggested": suggested_merchants(each.card, linked),
        "merchant_names": standing_merchants().values_list("name", flat=True)[:CHOICES],
    }
