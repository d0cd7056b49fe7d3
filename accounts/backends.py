"""The password backend of Django's own doors: the admin's login form and `authenticate()`."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts.addresses import client_address
from accounts.errors import TooManyAttempts, WrongCredentials
from accounts.models import User
from accounts.sign_in import SignedIn, sign_in


class PasswordBackend(ModelBackend):
    """Signs in as every other door does: with limits, and never past a second factor. Who needs
    one signs in at the pages' login and comes to the admin with that session."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        email = username or kwargs.get("email")
        if not email or not password:
            return None
        address = client_address(request) if request is not None else ""
        try:
            outcome = sign_in(email, password, address=address)
        except WrongCredentials:
            return None
        except TooManyAttempts as error:
            raise PermissionDenied(str(error)) from error
        return outcome.user if isinstance(outcome, SignedIn) else None
