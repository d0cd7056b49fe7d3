"""Forms that change something which somebody else may have changed since it was shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpRequest, QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MOST_SHOWN: Final = 80


class ChangeForm(forms.Form):
    """Its fields send what they showed along with what was typed; `initial` is what stands now.

    What was changed elsewhere and left alone here is kept (`kept`, by label). What was changed on
    both sides is refused once, with what stands now beside what was typed: sent again, it is what
    somebody wants who knows both. A request without what was shown is taken as it is.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[str] = []
        self._copy = QueryDict(mutable=True)
        for field in self.fields.values():
            field.show_hidden_initial = not field.widget.is_hidden

    def full_clean(self) -> None:
        both = self._reconcile() if self.is_bound else []
        super().full_clean()
        if self.is_bound:
            for name in both:
                self.add_error(name, _now(self.fields[name], self._standing(name)))

    def kept_text(self) -> str:
        """What somebody else has changed, and is kept; "" for nothing."""
        if not self.kept:
            return ""
        text = ngettext(
            "Somebody has changed this meanwhile: %(fields)s. It is kept.",
            "Somebody has changed these meanwhile: %(fields)s. They are kept.",
            len(self.kept),
        )
        return text % {"fields": ", ".join(self.kept)}

    def _reconcile(self) -> list[str]:
        """What was changed on both sides. What was changed elsewhere alone replaces what came."""
        names = [n for n, f in self.fields.items() if f.show_hidden_initial and not f.disabled]
        if not any(self.add_initial_prefix(name) in self.data for name in names):
            return []
        self.data = self._copy = self.data.copy()  # type: ignore[attr-defined] # a QueryDict
        self.kept, both = [], []
        for name in names:
            field, now = self.fields[name], self._standing(name)
            before = self._sent(self.add_initial_prefix(name), field.hidden_widget())
            typed = self._sent(self.add_prefix(name), field.widget)
            if before is None or _plain(before) == _plain(now):
                continue
            self._put(self.add_initial_prefix(name), now)
            if not _differ(field, before, typed):
                self._put(self.add_prefix(name), now)
                self.kept.append(str(self[name].label))
            elif _differ(field, now, typed):
                both.append(name)
        return both

    def _standing(self, name: str) -> Any:
        """As a hidden field sends it: a text, or a list of them."""
        field = self.fields[name]
        value = field.prepare_value(self.get_initial_for_field(field, name))
        if isinstance(value, list | tuple | set):
            return [str(each) for each in value]
        if issubclass(field.hidden_widget, forms.MultipleHiddenInput):
            return []
        return "" if value is None else str(value)

    def _sent(self, key: str, widget: forms.Widget) -> Any:
        return widget.value_from_datadict(self.data, self.files, key)

    def _put(self, key: str, value: Any) -> None:
        if isinstance(value, list):
            self._copy.setlist(key, value)
        else:
            self._copy[key] = value


def tell_kept(request: HttpRequest, form: ChangeForm) -> None:
    """Say so with the next page."""
    if text := form.kept_text():
        messages.info(request, text)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, list) else value.replace("\r\n", "\n").strip()


def _differ(field: forms.Field, before: Any, typed: Any) -> bool:
    if isinstance(before, str) and isinstance(typed, str):
        before, typed = _plain(before), _plain(typed)
    try:
        shown = before if isinstance(before, list) else field.to_python(before)
        return field.has_changed(shown, typed)
    except forms.ValidationError:
        return True


def _now(field: forms.Field, value: Any) -> str:
    """What stands now, in words of the form."""
    shown = ", ".join(_words(field, value if isinstance(value, list) else [value]))
    if not shown.strip():
        return _("Somebody has emptied this meanwhile. Save again to keep what you typed.")
    return _("Somebody has changed this to “%(now)s” meanwhile. Save again to keep yours.") % {
        "now": shown if len(shown) <= MOST_SHOWN else f"{shown[:MOST_SHOWN]}…"
    }


def _words(field: forms.Field, values: list[str]) -> Iterable[str]:
    if isinstance(field, forms.BooleanField):
        return [_("yes") if field.to_python(value) else _("no") for value in values]
    if isinstance(field, forms.DateField):
        days = [field.to_python(value) for value in values]
        return [date_format(day, "SHORT_DATE_FORMAT") if day else "" for day in days]
    choices = {str(key): str(label).strip() for key, label in _choices(field)}
    return [choices.get(value, value) if value else "" for value in values]


def _choices(field: forms.Field) -> Iterable[tuple[Any, Any]]:
    for key, label in getattr(field, "choices", None) or ():
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield key, label
