"""/api/auth: signing in and out, and one's own account."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language_from_request
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts import passwords, profile, registration, sign_in, tokens
from accounts.access import access_of, person_of
from accounts.addresses import client_address
from accounts.auth_serializers import (
    ChallengeSerializer,
    ChangePasswordSerializer,
    CodeSerializer,
    EmailSerializer,
    LoginSerializer,
    LogoutSerializer,
    MeSerializer,
    OwnMembershipSerializer,
    RefreshSerializer,
    RegisterSerializer,
    ResetSerializer,
    TokenPairSerializer,
)
from accounts.authentication import IsPerson
from accounts.devices import device_of
from accounts.models import User

Checked = dict[str, Any]


class PublicView(APIView):
    """For those who have no account yet, or have not shown that they do."""

    authentication_classes = ()
    permission_classes = ()


def checked(serializer: type[Serializer[Any]], request: Request) -> Checked:
    """The validated body. Raises ValidationError."""
    body = serializer(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def tokens_for(user: User, request: Request) -> Response:
    pair = tokens.start_session(
        user,
        address=client_address(request),
        user_agent=request.headers.get("User-Agent", ""),
    )
    return Response(TokenPairSerializer(pair).data)


def challenge(challenge_id: Any, detail: str, status_code: int = 202) -> Response:
    body = ChallengeSerializer({"challenge": challenge_id, "detail": detail})
    return Response(body.data, status=status_code)


class RegisterView(PublicView):
    @extend_schema(request=RegisterSerializer, responses={202: ChallengeSerializer})
    def post(self, request: Request) -> Response:
        """Open an account. The answer is the same whether the address has one already; its owner
        learns by mail."""
        body = checked(RegisterSerializer, request)
        challenge_id = registration.register(
            **body,
            language=get_language_from_request(request),
            address=client_address(request),
        )
        return challenge(
            challenge_id,
            "We have sent you a message with a code. You can sign in with your password now, or"
            " with the code at /api/auth/otp/verify.",
        )


class LoginView(PublicView):
    @extend_schema(
        request=LoginSerializer, responses={200: TokenPairSerializer, 202: ChallengeSerializer}
    )
    def post(self, request: Request) -> Response:
        """Tokens for e-mail and password, or (202) a challenge where a code must follow."""
        body = checked(LoginSerializer, request)
        match sign_in.sign_in(**body, address=client_address(request), device=device_of(request)):
            case sign_in.SignedIn(user):
                return tokens_for(user, request)
            case sign_in.SecondFactorNeeded(challenge_id):
                return challenge(
                    challenge_id,
                    "Now answer with the code that we have sent you: /api/auth/otp/verify.",
                )


class RefreshView(PublicView):
    @extend_schema(request=RefreshSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """The next pair. A refresh token used twice ends the session, for it may be stolen."""
        pair = tokens.refresh(checked(RefreshSerializer, request)["refresh"])
        return Response(TokenPairSerializer(pair).data)


class LogoutView(PublicView):
    @extend_schema(request=LogoutSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """End the session of the access token and that of the refresh token given. An access
        token may have expired: send the refresh token then."""
        body = checked(LogoutSerializer, request)
        if "refresh" in body:
            tokens.revoke_session(tokens.session_of_refresh_token(body["refresh"]), "signed out")
        access = access_of(request)
        if access.session_id is not None:
            tokens.revoke_session(access.session_id, "signed out")
        return Response(status=status.HTTP_204_NO_CONTENT)


class OtpRequestView(PublicView):
    @extend_schema(request=EmailSerializer, responses={202: ChallengeSerializer})
    def post(self, request: Request) -> Response:
        """Have a code mailed, to sign in without a password."""
        body = checked(EmailSerializer, request)
        challenge_id = sign_in.request_code(**body, address=client_address(request))
        return challenge(challenge_id, "If the address has an account, a code is on its way.")


class OtpVerifyView(PublicView):
    @extend_schema(request=CodeSerializer, responses=TokenPairSerializer)
    def post(self, request: Request) -> Response:
        """Answer a challenge of login, register or otp/request with the code."""
        body = checked(CodeSerializer, request)
        signed_in = sign_in.sign_in_with_code(
            body["challenge"],
            body["code"],
            address=client_address(request),
            device=device_of(request),
        )
        return tokens_for(signed_in.user, request)


class ResetRequestView(PublicView):
    @extend_schema(request=EmailSerializer, responses={202: ChallengeSerializer})
    def post(self, request: Request) -> Response:
        """Have a code mailed, to choose a new password."""
        body = checked(EmailSerializer, request)
        challenge_id = passwords.request_reset(**body, address=client_address(request))
        return challenge(challenge_id, "If the address has an account, a code is on its way.")


class ResetView(PublicView):
    @extend_schema(request=ResetSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password by the code. Every session ends."""
        body = checked(ResetSerializer, request)
        passwords.reset(
            body["challenge"], body["code"], body["new_password"], address=client_address(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class PersonView(APIView):
    permission_classes = (IsPerson,)


class ChangePasswordView(PersonView):
    @extend_schema(request=ChangePasswordSerializer, responses={204: None})
    def post(self, request: Request) -> Response:
        """Choose a new password. Every other session ends."""
        body = checked(ChangePasswordSerializer, request)
        passwords.change(
            person_of(request),
            **body,
            address=client_address(request),
            keep=access_of(request).session_id,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(PersonView):
    @extend_schema(responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Who I am, and where I belong."""
        return Response(self.described(request))

    @extend_schema(request=MeSerializer, responses=MeSerializer)
    def patch(self, request: Request) -> Response:
        """Change my name, language, time zone, or whether a code must follow my password."""
        body = MeSerializer(request.user, data=request.data, partial=True)
        body.is_valid(raise_exception=True)
        profile.change(person_of(request), **body.validated_data, address=client_address(request))
        return Response(self.described(request))

    @staticmethod
    def described(request: Request) -> dict[str, Any]:
        access = access_of(request)
        memberships = OwnMembershipSerializer(access.memberships, many=True)
        return {
            **MeSerializer(request.user).data,
            "memberships": memberships.data,
            "tenant": access.tenant.id if access.tenant else None,
        }
