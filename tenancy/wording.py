"""Texts that are kept and read later, perhaps in another language. Pure.

    raise ProviderRefused(worded("“%(name)s” is empty.", name=path.name))

A job finds out what went wrong and a person reads it hours later, each in a language of their own.
So what is kept (`tenancy.wording_field`) is the English message and what stands in it, not the
finished sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

KEPT: Final = '{"text": '


class Wording(str):
    """A finished sentence that knows the message it was made of: `text` in English, with
    %(name)s, and `params`, which are numbers, texts or wordings themselves."""

    text: str
    params: dict[str, Any]

    def again(self, translate: Callable[[str], str]) -> Wording:
        """The same, of the message that `translate` gives for the English one."""
        said = translate(self.text) if self.text else ""
        params = {
            name: value.again(translate) if isinstance(value, Wording) else value
            for name, value in self.params.items()
        }
        return _made(said % params if params else said, self.text, self.params)

    def having(self, **params: Any) -> Wording:
        """The same message about something else."""
        return worded(self.text, **self.params | params)

    def kept(self) -> str:
        """As one text column holds it; `read` reads it."""
        return json.dumps(_as_json(self), ensure_ascii=False) if self.params else self.text


def worded(text: str, /, **params: Any) -> Wording:
    """Marks `text` for translation as well: `manage.py makemessages` knows this name."""
    values = {name: _plain(value) for name, value in params.items()}
    return _made(text % values if values else text, text, values)


def joined(sentences: Sequence[str]) -> Wording:
    """One text of several."""
    text = " ".join(f"%({number})s" for number in range(len(sentences)))
    return worded(text, **{str(number): said for number, said in enumerate(sentences)})


def read(kept: str) -> Wording:
    """What `Wording.kept` made; any other text is a message without params."""
    if kept.startswith(KEPT):
        try:
            return _from_json(json.loads(kept))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            pass
    return _made(kept, kept, {})


def _made(sentence: str, text: str, params: dict[str, Any]) -> Wording:
    made = Wording(sentence)
    made.text, made.params = text, params
    return made


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | Wording) else str(value)


def _as_json(wording: Wording) -> dict[str, Any]:
    params = {
        name: _as_json(value) if isinstance(value, Wording) else value
        for name, value in wording.params.items()
    }
    return {"text": wording.text, "params": params}


def _from_json(told: dict[str, Any]) -> Wording:
    params = {
        name: _from_json(value) if isinstance(value, dict) else value
        for name, value in told["params"].items()
    }
    return worded(str(told["text"]), **params)
