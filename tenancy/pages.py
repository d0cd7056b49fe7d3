"""What every page has in common: somebody is signed in, one tenant is chosen, and they may see it.

A page that htmx asks for a part of (`request.htmx`) answers with that part; the same address
without htmx answers with the whole page. Both vary on `HX-Request`, and neither may be stored by
caches in between.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

from tenancy.errors import DomainError
from tenancy.permissions import require
from tenancy.scope import active_scope
from tenancy.snapshot import snapshot

P = ParamSpec("P")
READS = ("GET", "HEAD")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def page(code: str = "", *, write: str = "") -> Callable[[View[P]], View[P]]:
    """Decorates a view: signed in, in one tenant's scope, with permission `code` (and `write` for
    methods that change something). Without a scope the person chooses a ledger first.
    Raises PermissionDenied."""

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return go_to_sign_in(request)
            if active_scope() is None:
                return _go(request, redirect("tenants"))
            if code:
                require(code)
            if write and request.method not in READS:
                require(write)
            # What a page reads is one snapshot.
            with snapshot() if request.method in READS else nullcontext():
                return as_page(view(request, *args, **kwargs))

        return guarded

    return decorate


def signed_in(view: View[P]) -> View[P]:
    """Decorates a view that needs a person but no tenant (choosing one, say)."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return go_to_sign_in(request)
        return as_page(view(request, *args, **kwargs))

    return guarded


def as_page(response: HttpResponseBase) -> HttpResponseBase:
    patch_vary_headers(response, ["HX-Request", "HX-Target", "Cookie"])
    patch_cache_control(response, private=True, no_cache=True)
    return response


def go_to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """To the sign-in page and back. A part of a page that htmx asked for cannot hold it, so the
    whole page goes."""
    here = request.get_full_path()
    if is_htmx(request):
        here = getattr(request, "htmx", None).current_url_abs_path or "/"  # type: ignore[union-attr]
    elif request.method not in {"GET", "HEAD"}:
        # Back to the page with the form: its address may take nothing but a post.
        here = request.headers.get("Referer", "/")
        allowed = url_has_allowed_host_and_scheme(here, {request.get_host()})
        here = urlsplit(here)._replace(scheme="", netloc="").geturl() if allowed else "/"
    return _go(request, redirect_to_login(here))


def next_page(request: HttpRequest, otherwise: str) -> str:
    """The address of ours that `next` in the query names, else the one of a page's name."""
    asked = request.GET.get("next", "")
    return asked if url_has_allowed_host_and_scheme(asked, None) else reverse(otherwise)


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def leave_form(request: HttpRequest, to: str) -> HttpResponse:
    """What follows a form that is done: the list behind the drawer that it stood in is loaded
    again; from a page of its own one comes to the view `to`."""
    if not is_htmx(request):
        return redirect(to)
    if "X-Drawer" in request.headers:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return HttpResponse(headers={"HX-Redirect": reverse(to)})


def _go(request: HttpRequest, response: Any) -> HttpResponseBase:
    if not is_htmx(request):
        return as_page(response)
    return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})


def tell(form: forms.BaseForm, error: DomainError) -> None:
    """Show what a verb refused: at the field at fault if the form has it, else above the form."""
    form.add_error(error.field if error.field in form.fields else None, str(error))
