"""Where wordings are kept, and how they come out in the reader's language."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext

from tenancy.wording import Wording, read


class WordingField(models.TextField):  # type: ignore[type-arg] # as Django's own at run time
    """A text in words for a person. Loaded, it is in the language that is active then."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return None if value is None else in_our_language(read(value))

    def get_prep_value(self, value: Any) -> Any:
        text = value.kept() if isinstance(value, Wording) else super().get_prep_value(value)
        return text and _storable(str(text))

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))


def _storable(text: str) -> str:
    """What stands in it may be a stranger's: no database takes a NUL or half a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def in_our_language(text: str) -> str:
    """A wording in the language that is active; any other text as it is."""
    return text.again(gettext) if isinstance(text, Wording) else text


def wording_of(error: BaseException) -> str:
    """What an error says, with what it was made of where it was made by `worded`."""
    said = error.args[0] if error.args else ""
    return said if isinstance(said, str) else str(error)
