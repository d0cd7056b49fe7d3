"""What the organizer refuses. Codes are stable; whoever raises one has changed nothing."""

from __future__ import annotations

from typing import ClassVar

from tenancy.errors import DomainError


class OrganizerError(DomainError):
    """Bad input to a verb of the organizer."""

    code = "organizer"


class NoSuchTask(OrganizerError):
    """The task is not there, or is another tenant's."""

    code = "not_found"
    status: ClassVar[int] = 404


class NoSuchContact(OrganizerError):
    """The contact is not there, or is another tenant's."""

    code = "not_found"
    status: ClassVar[int] = 404


class NoSuchFeed(OrganizerError):
    """The calendar is not there, or is somebody else's."""

    code = "not_found"
    status: ClassVar[int] = 404


class NoSuchReminder(OrganizerError):
    """The reminder is not there, or is somebody else's."""

    code = "not_found"
    status: ClassVar[int] = 404


class NotNow(OrganizerError):
    """The state of the task does not allow it."""

    code = "wrong_state"
    status: ClassVar[int] = 409
