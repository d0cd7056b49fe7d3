"""The category tree that a new tenant starts with: keys are stable, names are translated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

    # (key, name, children) by kind, in the order in which they are shown.
    Node = tuple[str, StrPromise, tuple[tuple[str, StrPromise], ...]]

DEFAULT_TREE: Final[dict[str, tuple[Node, ...]]] = {
    "expense": (
        ("home", _("Home"), (
            ("rent", _("Rent and mortgage")), ("utilities", _("Electricity, water, heating")),
            ("internet_phone", _("Internet and phone")), ("household", _("Household goods")),
            ("repairs", _("Repairs")),
        )),
        ("food", _("Food"), (
            ("groceries", _("Groceries")), ("restaurants", _("Restaurants and cafés")),
            ("delivery", _("Food delivery")),
        )),
        ("transport", _("Transport"), (
            ("public_transport", _("Public transport")), ("fuel", _("Fuel and charging")),
            ("taxi", _("Taxi and sharing")), ("car", _("Car")), ("parking", _("Parking and tolls")),
        )),
        ("shopping", _("Shopping"), (
            ("clothing", _("Clothing")), ("electronics", _("Electronics")),
            ("gifts", _("Gifts and donations")),
        )),
        ("health", _("Health"), (
            ("pharmacy", _("Pharmacy")), ("doctor", _("Doctors")), ("sport", _("Sport")),
            ("personal_care", _("Personal care")),
        )),
        ("leisure", _("Leisure"), (
            ("subscriptions", _("Subscriptions")), ("entertainment", _("Entertainment")),
            ("hobbies", _("Hobbies")),
        )),
        ("travel", _("Travel"), (
            ("flights_trains", _("Flights and trains")), ("hotels", _("Hotels")),
        )),
        ("family", _("Family"), (
            ("children", _("Children")), ("education", _("Education")), ("pets", _("Pets")),
        )),
        ("insurance", _("Insurance"), ()),
        ("taxes", _("Taxes"), ()),
        ("bank_fees", _("Bank fees and interest"), ()),
        ("cash", _("Cash withdrawals"), ()),
        ("other_expense", _("Other expenses"), ()),
    ),
    "income": (
        ("salary", _("Salary"), ()),
        ("business", _("Business income"), ()),
        ("interest_income", _("Interest and dividends"), ()),
        ("benefits", _("Pension and benefits"), ()),
        ("gifts_received", _("Gifts received"), ()),
        ("other_income", _("Other income"), ()),
    ),
    "transfer": (
        ("own_transfer", _("Between own accounts"), ()),
        ("card_payment", _("Card bill payment"), ()),
    ),
}  # fmt: skip

DEFAULT_NAMES: Final[dict[str, StrPromise]] = {
    key: name
    for nodes in DEFAULT_TREE.values()
    for parent_key, parent_name, children in nodes
    for key, name in ((parent_key, parent_name), *children)
}

# Events whose category is a fact, not a guess: a card bill is paid from one's own money, so it
# is neither income nor expense.
EVENT_CATEGORIES: Final[dict[str, str]] = {
    "card_payment": "card_payment",
    "fee": "bank_fees",
    "salary": "salary",
}
