"""Filtering that refuses what it does not understand: a misspelt filter must not show all rows."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date
from functools import lru_cache
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import get_language
from django_filters import AllValuesFilter, AllValuesMultipleFilter, FilterSet
from django_filters.filters import QuerySetRequestMixin
from django_filters.rest_framework import DjangoFilterBackend
from django_filters.utils import translate_validation
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

BOOLEANS = frozenset({"", "true", "false"})


class StrictFilterBackend(DjangoFilterBackend):  # type: ignore[misc] # untyped library
    """The view's `filterset_class` on lists. Raises ValidationError for a query parameter that is
    neither a filter, nor the paginator's, nor one of `view.query_parameters`."""

    def filter_queryset(
        self, request: Request, queryset: QuerySet[Any], view: Any
    ) -> QuerySet[Any]:
        kind = None if is_detail(view) else self.get_filterset_class(view, queryset)
        refuse_unknown(request, self.known_parameters(kind, view))
        # Building its form is a good part of what a short list costs.
        if kind is None or not set(request.query_params) & set(kind.base_filters):
            return queryset
        filterset = self.get_filterset(request, queryset, view)
        refuse_vague_booleans(filterset)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        refuse_ends_of_time(filterset)
        filtered: QuerySet[Any] = filterset.qs
        return filtered

    def get_filterset(self, request: Request, queryset: QuerySet[Any], view: Any) -> FilterSet:
        """With the filters that are asked for alone: to copy all of them, and to build their form,
        takes as long as the query."""
        kind = self.get_filterset_class(view, queryset)
        own: type[FilterSet] | None = getattr(view, "filterset_class", None)
        if own is not None and kind is own:
            asked = frozenset(request.query_params) & frozenset(own.base_filters)
            kind = narrowed(own, asked)  # type: ignore[arg-type] # a class of an untyped library
        return kind(**self.get_filterset_kwargs(request, queryset, view))

    @staticmethod
    def known_parameters(filterset: type[FilterSet] | None, view: Any) -> set[str]:
        known = set(getattr(view, "query_parameters", ()))
        if filterset is not None:
            known |= set(filterset.base_filters)
        if not is_detail(view) and view.paginator is not None:
            known |= set(view.paginator.parameters)
        return known


class _OneForm:
    """A FilterSet whose form's class is made once for each language that its labels are written
    in, where the fields do not hang on a request."""

    form_classes: dict[str | None, type[forms.Form]]
    filters: dict[str, Any]

    def get_form_class(self) -> type[forms.Form]:
        language = get_language()
        if language in self.form_classes:
            return self.form_classes[language]
        for one in self.filters.values():
            # What a reader of the class made, such as the API document: it knows no model to take
            # its label from, and is in that reader's language.
            vars(one).pop("_field", None)
        made: type[forms.Form] = super().get_form_class()  # type: ignore[misc] # a FilterSet's
        if not any(isinstance(one, PER_REQUEST) for one in self.filters.values()):
            self.form_classes[language] = made
        return made


# Their choices are rows of whoever asks.
PER_REQUEST = (QuerySetRequestMixin, AllValuesFilter, AllValuesMultipleFilter)


@lru_cache(maxsize=512)
def narrowed(kind: type[FilterSet], names: frozenset[str]) -> type[FilterSet]:
    """A FilterSet with some of its filters."""
    found = type(
        kind.__name__, (_OneForm, kind), {"__module__": kind.__module__, "form_classes": {}}
    )
    found.base_filters = {  # type: ignore[attr-defined] # untyped library
        name: filter_ for name, filter_ in kind.base_filters.items() if name in names
    }
    return found


def is_detail(view: Any) -> bool:
    return bool(getattr(view, "detail", False))


def refuse_unknown(request: Request, known: set[str]) -> None:
    unknown = sorted(set(request.query_params) - known - {str(api_settings.URL_FORMAT_OVERRIDE)})
    if unknown:
        hint = f"Known: {', '.join(sorted(known))}." if known else "There are none here."
        message = f"Unknown query parameter. {hint}"
        raise ValidationError(dict.fromkeys(unknown, message), code="unknown_parameter")


def refuse_vague_booleans(filterset: FilterSet) -> None:
    """django-filter reads any other word as "no filter"."""
    for name, field in filterset.form.fields.items():
        vague = filterset.data.get(name, "").lower() not in BOOLEANS
        if isinstance(field, forms.NullBooleanField) and vague:
            raise ValidationError({name: "Say true or false."}, code="invalid_boolean")


def refuse_ends_of_time(filterset: FilterSet) -> None:
    """The first and the last year of the calendar: moved to UTC, or to the next day, such a time
    is none any more."""
    for name, value in filterset.form.cleaned_data.items():
        if isinstance(value, date) and not MINYEAR < value.year < MAXYEAR:
            message = f"Give a time from the year {MINYEAR + 1} to {MAXYEAR - 1}."
            raise ValidationError({name: message}, code="date_out_of_range")
