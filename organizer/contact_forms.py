"""Forms of the pages of contacts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from finance.forms import DateInput
from organizer.address_book.card import Address, Card, Entry
from organizer.models import ContactKind, RelationKind
from tenancy.change_forms import ChangeForm

TYPES: Final = {"home", "work", "cell", "fax", "pager", "voice", "text", "main-number", "car"}
WORDS: Final = {
    "mobile": "cell", "handy": "cell", "mobil": "cell", "privat": "home", "zuhause": "home",
    "arbeit": "work", "geschäftlich": "work", "büro": "work",
}  # fmt: skip
PLACES: Final = (("", "–"), ("home", _("Home")), ("work", _("Work")))


class EntryLines(forms.CharField):
    """Several of a kind, one a line: what it is for, a colon, and the value."""

    def __init__(self, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": 2, "autocapitalize": "off", "spellcheck": "false"})
        super().__init__(required=False, max_length=30_000, widget=area, **kwargs)


def line_of(entry: Entry) -> str:
    """An entry as one edits it."""
    word = entry.label or " ".join(entry.types)
    return f"{word}: {entry.value}" if word else entry.value


def entries(text: str, before: Iterable[Entry]) -> list[dict[str, Any]]:
    """What the lines say; one that nobody has touched stays as it is."""
    known = {line_of(entry): entry for entry in before}
    found = []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        if old := known.get(line):
            found.append({"value": old.value, "types": old.types, "label": old.label,
                          "is_preferred": old.is_preferred})  # fmt: skip
            continue
        word, colon, value = line.partition(":")
        if not colon or value.startswith("//") or " " not in line:
            found.append({"value": line})
            continue
        words = [WORDS.get(each, each) for each in word.lower().split()]
        is_known = set(words) <= TYPES
        found.append({"value": value.strip(), "types": words if is_known else (),
                      "label": "" if is_known else word.strip()})  # fmt: skip
    return found


class ContactForm(ChangeForm):
    id_prefix: ClassVar[str] = "contact"

    name = forms.CharField(
        label=_("Name"), max_length=200, required=False,
        help_text=_("How it is shown in lists."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind.choices)
    given = forms.CharField(label=_("First name"), max_length=200, required=False)
    family = forms.CharField(label=_("Last name"), max_length=200, required=False)
    organisation = forms.CharField(label=_("Organisation"), max_length=200, required=False)
    job_title = forms.CharField(label=_("Role"), max_length=200, required=False)
    emails = EntryLines(
        label=_("E-mail addresses"),
        help_text=_("One a line, for example “work: ann@firm.example”; @firm.example is everybody"
                    " there."),
    )  # fmt: skip
    phones = EntryLines(
        label=_("Phone numbers"), help_text=_("One a line, for example “mobile: +49 151 …”.")
    )
    urls = EntryLines(label=_("Websites"))
    birthday = forms.CharField(
        label=_("Birthday"), max_length=10, required=False,
        help_text=_("1980-01-31, or --0131 without its year."),
    )  # fmt: skip
    tags = forms.CharField(label=_("Tags"), max_length=500, required=False,
                           help_text=_("Separated by commas."))  # fmt: skip
    interacted_on = forms.DateField(label=_("Last contact"), required=False, widget=DateInput())
    notes = forms.CharField(
        label=_("Notes"), max_length=20_000, required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"{self.id_prefix}_%s"} | kwargs)


class AddressForm(forms.Form):
    type = forms.ChoiceField(label=_("For"), choices=PLACES, required=False)
    street = forms.CharField(
        label=_("Street"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    postcode = forms.CharField(label=_("Postcode"), max_length=40, required=False)
    locality = forms.CharField(label=_("Town"), max_length=200, required=False)
    region = forms.CharField(label=_("Region"), max_length=200, required=False)
    country = forms.CharField(label=_("Country"), max_length=200, required=False)


AddressForms: Any = forms.formset_factory(AddressForm, extra=1, max_num=50, validate_max=True)


def initial_of(card: Card, interacted_on: Any) -> dict[str, Any]:
    """What the form shows of a contact."""
    lists = {
        name: "\n".join(map(line_of, getattr(card, name))) for name in ("emails", "phones", "urls")
    }
    plain = ("name", "kind", "organisation", "job_title", "birthday", "notes")
    return {
        **{name: getattr(card, name) for name in plain}, **lists,
        "given": card.parts.given, "family": card.parts.family, "tags": ", ".join(card.tags),
        "interacted_on": interacted_on,
    }  # fmt: skip


def initial_addresses(card: Card) -> list[dict[str, str]]:
    return [
        {"type": next(iter(set(row.types) & {"home", "work"}), ""), "street": row.street,
         "postcode": row.postcode, "locality": row.locality, "region": row.region,
         "country": row.country}
        for row in card.addresses
    ]  # fmt: skip


def details(
    data: Mapping[str, Any], addresses: Iterable[Mapping[str, Any]], before: Card
) -> dict[str, Any]:
    """What `keeping` takes, of cleaned forms."""
    parts = before.parts
    names = {"family": data["family"], "given": data["given"], "additional": parts.additional,
             "prefixes": parts.prefixes, "suffixes": parts.suffixes}  # fmt: skip
    plain = ("name", "kind", "organisation", "job_title", "birthday", "notes", "interacted_on")
    return {
        **{name: data[name] for name in plain},
        "parts": names,
        "tags": [tag.strip() for tag in data["tags"].split(",")],
        **{
            name: entries(data[name], getattr(before, name))
            for name in ("emails", "phones", "urls")
        },
        "addresses": list(_addresses(addresses, before.addresses)),
    }


def _addresses(
    rows: Iterable[Mapping[str, Any]], before: tuple[Address, ...]
) -> Iterable[dict[str, Any]]:
    """The n-th row changes the n-th address, whose other parts stay."""
    for number, row in enumerate(rows):
        old = before[number] if number < len(before) else Address()
        shown = {name: row.get(name, "") for name in ("street", "postcode", "locality", "region",
                                                      "country")}  # fmt: skip
        if not any(shown.values()):
            continue
        others = tuple(each for each in old.types if each not in ("home", "work"))
        types = (row["type"], *others) if row.get("type") else others
        yield {**shown, "po_box": old.po_box, "extended": old.extended, "types": types,
               "label": old.label, "is_preferred": old.is_preferred}  # fmt: skip


class OtherForm(forms.Form):
    """Names another contact."""

    other = forms.CharField(
        label=_("Contact"), max_length=200,
        widget=forms.TextInput(attrs={"list": "contacts", "autocomplete": "off"}),
    )  # fmt: skip


class RelationForm(OtherForm):
    kind = forms.ChoiceField(label=_("Is the"), choices=RelationKind.choices)


class MerchantForm(forms.Form):
    merchant = forms.CharField(
        label=_("Merchant"), max_length=200,
        widget=forms.TextInput(attrs={"list": "merchants", "autocomplete": "off"}),
    )  # fmt: skip


class ContactFileForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("vCards (.vcf) or a table (.csv) of Google, Outlook or your own, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": ".vcf,.vcard,.csv,.txt,text/vcard,text/csv"}),
    )
