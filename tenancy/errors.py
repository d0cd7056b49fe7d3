"""Expected bad input, as verbs of every app raise it."""

from __future__ import annotations

from typing import ClassVar

from tenancy.wording_field import in_our_language, wording_of


class DomainError(Exception):
    """What somebody asked for cannot be done; the message says why, and what to do instead.

    Verbs raise subclasses; doors translate them: the API into problem details (`config.problems`),
    pages into a form error, commands into CommandError. `code` is stable and for machines; `field`
    names the input at fault. Whoever raises one has changed nothing.
    """

    code: str = "invalid"
    field: str | None = None
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code
        if field is not None:
            self.field = field

    def __str__(self) -> str:
        """In the language that is active: whoever shows it need not know how it was made."""
        return in_our_language(wording_of(self))
