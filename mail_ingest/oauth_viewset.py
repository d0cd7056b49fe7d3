"""/api/v1/auth/google and /microsoft: connecting a mailbox by OAuth, from a browser."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import person_of
from mail_ingest import oauth
from mail_ingest.errors import MailError
from mail_ingest.models import ConnectedAccount
from tenancy.pages import next_page
from tenancy.viewsets import TenantViewSet

# In the session of the pages: where connecting a mailbox leads.
NEXT = "oauth_next"


class AuthorizationSerializer(serializers.Serializer[Any]):
    authorization_url = serializers.CharField(help_text="Where the person allows the access.")


class OAuthViewSet(TenantViewSet):
    """Sends a person to their mail provider and takes them back. Both steps belong to one browser
    session, so they need the cookie of the pages."""

    resource = "mail"
    action_permissions = {"start": "mail:write", "begin": "mail:write", "callback": "mail:write"}
    serializer_class = AuthorizationSerializer
    pagination_class = None
    filter_backends = ()

    @extend_schema(
        parameters=[
            OpenApiParameter("account", str, description="The account to connect again."),
            OpenApiParameter("imap", bool, description="Read it by IMAP (XOAUTH2)."),
        ]
    )
    def start(self, request: Request, kind: str) -> Response:
        """The address at the provider, good for ten minutes and for this session."""
        return Response({"authorization_url": self._address(request, kind)})

    @extend_schema(request=None, responses={302: None})
    def begin(self, request: Request, kind: str) -> Any:
        """The same for a page's form: goes there at once. `next` is where it leads afterwards."""
        request._request.session[NEXT] = next_page(request._request, "sources")
        try:
            return HttpResponseRedirect(self._address(request, kind))
        except MailError as error:
            messages.error(request._request, str(error))
            return HttpResponseRedirect(reverse("source_new"))

    @extend_schema(
        parameters=[OpenApiParameter(name, str) for name in ("code", "state", "error")],
        responses={302: None},
    )
    def callback(self, request: Request, kind: str) -> Any:
        """Where the provider sends the person back to; goes on to the connected accounts, or to
        where it was begun."""
        to = reverse("sources")
        try:
            account = oauth.finish(
                kind, request.query_params.dict(), user_id=person_of(request).id,
                session=_session(request),
            )  # fmt: skip
        except MailError as error:
            messages.error(request._request, str(error))
        else:
            done = _("%(mailbox)s is connected. Its messages are being read.")
            messages.success(request._request, done % {"mailbox": account.label})
            to = request._request.session.pop(NEXT, to)
        return HttpResponseRedirect(to)

    def _address(self, request: Request, kind: str) -> str:
        said = request.query_params.dict() | request._request.POST.dict()
        wanted = said.get("account", "")
        account = get_object_or_404(ConnectedAccount, id=wanted, kind=kind) if wanted else None
        return oauth.start(
            kind, user_id=person_of(request).id, session=_session(request), account=account,
            over_imap=said.get("imap", "").lower() in ("1", "true", "on"),
        )  # fmt: skip


def _session(request: Request) -> str:
    key: str | None = request._request.session.session_key
    if not key:
        raise MailError(
            gettext(
                "Begin in the browser in which you are signed in: the answer comes back to it."
            ),
            code="session_required",
        )
    return key
