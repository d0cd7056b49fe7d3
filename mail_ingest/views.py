"""Pages about connected accounts, and the message as its sender meant it to look."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import nh3
from csp.decorators import csp
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from mail_ingest import connecting, uploading
from mail_ingest.errors import MailError
from mail_ingest.forms import DeleteForm, FoldersForm, MailboxChangeForm, MailboxForm, UploadForm
from mail_ingest.imports import import_upload
from mail_ingest.models import AccountKind, ConnectedAccount, Email, MailImport, MailUpload
from mail_ingest.oauth import BY_OAUTH, service_of
from mail_ingest.parsing import UnparsableMessage, parse_message
from mail_ingest.storage import load_raw
from mail_ingest.upload_files import received_bytes
from tenancy.pages import next_page, page, tell

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
RECENT_IMPORTS = 5
KEPT_FIELDS = ("label", "host", "port", "username", "ca_certificate", "is_watched")
SAFE_TAGS = nh3.ALLOWED_TAGS | {"font", "center", "style"} - {"a", "img", "style"}
SAFE_ATTRIBUTES = {"*": {"align", "valign", "width", "height", "dir", "lang", "colspan", "rowspan"}}


@require_safe
@page("mail:read")
def sources(request: HttpRequest) -> HttpResponse:
    context = {
        "accounts": ConnectedAccount.objects.all(),
        "unfinished": uploading.unfinished(),
        "imports": MailImport.objects.select_related("account")[:RECENT_IMPORTS],
    }
    return render(request, "mail_ingest/sources.html", context)


@get_or_post
@page("mail:write")
def new(request: HttpRequest) -> HttpResponse:
    """Connect a mailbox; it is tried out before it is saved."""
    form = MailboxForm(request.POST or None)
    if form.is_valid():
        fields, password = form.account_fields, form.cleaned_data["password"]
        try:
            connecting.check_account(connecting.unsaved_account(fields), password=password)
            account = connecting.connect_account(
                password=password, is_own=form.cleaned_data["is_own"], **fields
            )
            # Somebody waits: the schedule would come by within a minute.
            connecting.fetch_now(account)
        except MailError as error:
            tell(form, error)
        else:
            messages.success(request, _("Connected. Its messages are being read."))
            return HttpResponseRedirect(next_page(request, "sources"))
    status = 422 if form.errors else 200
    services = [service_of(kind) for kind in BY_OAUTH]
    can_ask = any(service.is_configured for service in services)
    context = {"form": form, "services": services, "can_ask": can_ask}
    return render(request, "mail_ingest/new.html", context, status=status)


@get_or_post
@page("mail:write")
def edit(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Change a mailbox, its password say; the change is tried out before it is saved."""
    account = get_object_or_404(ConnectedAccount, id=account_id, kind=AccountKind.IMAP)
    current = {name: getattr(account, name) for name in KEPT_FIELDS}
    current |= {"is_own": account.is_own}
    form = MailboxChangeForm(request.POST or None, initial=current)
    if form.is_valid():
        fields, password = form.account_fields, form.cleaned_data["password"] or None
        fields["label"] = fields["label"] or account.label
        try:
            connecting.require_password_to_move(account, fields, password)
            changed = connecting.unsaved_account(fields | {"folders": account.folders})
            changed.id, changed.secret = account.id, account.secret
            connecting.check_account(changed, password=password)
            connecting.change_account(
                account, password=password, is_own=form.cleaned_data["is_own"], **fields
            )
        except MailError as error:
            tell(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("sources")
    context = {"form": form, "account": account}
    return render(request, "mail_ingest/new.html", context, status=422 if form.errors else 200)


@get_or_post
@page("mail:write")
def folders(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Choose which folders are read, among those that the mailbox has at this moment."""
    account = get_object_or_404(ConnectedAccount, id=account_id)
    context: dict[str, object] = {"account": account}
    try:
        available = connecting.folders_of(account)
    except MailError as error:
        return render(
            request, "mail_ingest/folders.html", context | {"problem": str(error)}, status=422
        )
    chosen = account.folders or [folder.name for folder in available if folder.is_usual]
    form = FoldersForm(request.POST or None, available=available, initial={"folders": chosen})
    if form.is_valid():
        connecting.choose_folders(account, form.cleaned_data["folders"])
        messages.success(request, _("Saved. What is in them is being read."))
        return redirect("sources")
    names = {folder.name for folder in available}
    gone = [name for name in account.folders if name not in names]
    # Outlook knows folders by ids, which tell a person nothing.
    named = bool(account.host)
    context |= {"form": form, "gone": gone if named else [], "lost": 0 if named else len(gone)}
    return render(request, "mail_ingest/folders.html", context, status=422 if form.errors else 200)


@require_POST
@page("mail:write")
def try_out(request: HttpRequest) -> HttpResponse:
    """Test a mailbox without saving it: a part of the page, so that the password stays typed."""
    form = MailboxForm(request.POST)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        try:
            context["result"] = connecting.check_account(
                connecting.unsaved_account(form.account_fields),
                password=form.cleaned_data["password"],
            )
        except MailError as error:
            context["problem"] = str(error)
    return render(request, "mail_ingest/_tried.html", context)


@get_or_post
@page("mail:write")
def upload(request: HttpRequest) -> HttpResponse:
    """Import a file, or go on with the one that `upload` names. static/js/upload.js sends it in
    pieces, to /api/v1/mail-uploads; without the script it comes here, whole."""
    begun = _begun(request.GET.get("upload", ""))
    initial = {"is_own": begun.is_own} if begun else None
    form = UploadForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            import_upload(form.cleaned_data["file"], is_own=form.cleaned_data["is_own"])
        except MailError as error:
            tell(form, error)
        else:
            return HttpResponseRedirect(next_page(request, "dashboard"))
    status = 422 if form.errors else 200
    context = {
        "form": form,
        "begun": begun,
        "received": received_bytes(begun) if begun else 0,
        "next": next_page(request, "dashboard"),
    }
    return render(request, "mail_ingest/upload.html", context, status=status)


def _begun(upload_id: str) -> MailUpload | None:
    if not upload_id:
        return None
    try:
        found = uuid.UUID(upload_id)
    except ValueError:
        raise Http404 from None
    return get_object_or_404(MailUpload, id=found, import_id=None)


@require_POST
@page("mail:write")
def discard(request: HttpRequest, upload_id: uuid.UUID) -> HttpResponse:
    """Give up an upload that is not whole."""
    uploading.cancel_upload(get_object_or_404(MailUpload, id=upload_id))
    messages.success(request, _("Discarded. What had come of it is removed."))
    return redirect("sources")


@require_POST
@page("mail:write")
def fetch(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    return _do(request, account_id, connecting.fetch_now, _("Looking for new messages."))


@require_POST
@page("mail:write")
def pause(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    return _do(request, account_id, connecting.pause, _("Paused."))


@require_POST
@page("mail:write")
def resume(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    return _do(request, account_id, connecting.resume, _("Reading again."))


@get_or_post
@page("mail:write")
def delete(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    account = get_object_or_404(ConnectedAccount, id=account_id)
    form = DeleteForm(request.POST or None)
    if form.is_valid():
        try:
            connecting.delete_account(account, confirm=form.cleaned_data["confirm"])
        except MailError as error:
            tell(form, error)
        else:
            messages.success(request, _("It is being deleted. What was booked from it stays."))
            return redirect("sources")
    context = {"form": form, "account": account}
    return render(request, "mail_ingest/delete.html", context, status=422 if form.errors else 200)


@require_safe
@xframe_options_sameorigin
@csp(  # type: ignore[arg-type] # its hint forgets views that take arguments
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "sandbox": [""],
        "frame-ancestors": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
)
@page("mail:read")
def html_body(request: HttpRequest, email_id: uuid.UUID) -> HttpResponse:
    """The HTML of a message for a sandboxed frame: cleaned, without links or pictures, and under
    a policy that loads nothing from anywhere."""
    email = get_object_or_404(Email.objects.select_related("raw"), id=email_id)
    try:
        html = parse_message(load_raw(email)).html
    except UnparsableMessage:
        html = ""
    return render(request, "mail_ingest/html_body.html", {"html": cleaned(html)})


def cleaned(html: str) -> str:
    return nh3.clean(html, tags=SAFE_TAGS, attributes=SAFE_ATTRIBUTES, link_rel=None)


def _do(
    request: HttpRequest,
    account_id: uuid.UUID,
    verb: Callable[[ConnectedAccount], object],
    done: str,
) -> HttpResponse:
    account = get_object_or_404(ConnectedAccount, id=account_id)
    try:
        verb(account)
    except MailError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("sources")
