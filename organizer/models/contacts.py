"""People and organisations, how they are found, and whom they belong with."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from finance.models import Merchant
from tenancy.models import TenantModel


class ContactKind(models.TextChoices):
    PERSON = "person", _("Person")
    ORGANISATION = "organisation", _("Organisation")


class Contact(TenantModel):
    """A person or an organisation. `details` is the whole card (`address_book.card`) as encrypted
    JSON, but for `kept`, which may be large: what files said and we do not interpret. `name` and
    `search` stay readable, because lists are sorted and searched by them.

    One that was merged into another stays as it was, hidden, so that it can be parted again."""

    kind = models.CharField(max_length=12, choices=ContactKind, default=ContactKind.PERSON)
    name = models.CharField(max_length=200)
    key = models.CharField(max_length=400, help_text="The name in small letters without accents.")
    search = models.TextField(help_text="Name, organisation and #tags in small letters, by lines.")
    uid = models.CharField(max_length=255, help_text="By which files know it again.")
    details = models.TextField(help_text="Encrypted JSON.")
    kept = models.TextField(blank=True, help_text="Encrypted JSON.")
    interacted_on = models.DateField(
        null=True, blank=True, help_text="The last time that a person has noted."
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="merged",
        db_index=False,
    )  # fmt: skip
    merge_undo = models.TextField(
        blank=True, help_text="What the merge gave the other: encrypted JSON."
    )
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantModel.Meta):
        ordering = ("key", "id")
        indexes = (
            models.Index(fields=("tenant", "key", "id"), name="contact_order"),
            models.Index(fields=("tenant", "uid"), name="contact_uid"),
            models.Index(
                fields=("tenant", "merged_into"),
                condition=models.Q(merged_into__isnull=False),
                name="contact_merged",
            ),
        )

    def __str__(self) -> str:
        return self.name


class KeyKind(models.TextChoices):
    EMAIL = "email", _("E-mail address")
    PHONE = "phone", _("Phone number")
    DOMAIN = "domain", _("Domain")


class ContactKey(TenantModel):
    """One e-mail address, domain or phone number that a contact is found by: encrypted, in the
    form that compares, with its blind index."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="keys", db_index=False
    )
    kind = models.CharField(max_length=6, choices=KeyKind)
    value = models.TextField(help_text="Encrypted.")
    index = models.CharField(max_length=64, help_text="Blind index of the value.")

    class Meta(TenantModel.Meta):
        indexes = (
            models.Index(fields=("tenant", "index"), name="contact_key_index"),
            models.Index(fields=("tenant", "contact"), name="contact_key_of"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.contact_id}"


class ContactMerchant(TenantModel):
    """What is paid to this merchant is paid to this contact. A merchant is one contact's."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="merchant_links", db_index=False
    )
    merchant = models.ForeignKey(
        Merchant, on_delete=models.CASCADE, related_name="contact_links", db_index=False
    )

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tenant", "merchant"), name="contact_merchant_once"),
        )
        indexes = (models.Index(fields=("tenant", "contact"), name="contact_merchant_of"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.merchant_id}"


class RelationKind(models.TextChoices):
    """What the other is to the contact."""

    PARENT = "parent", _("Parent")
    PARTNER = "partner", _("Partner")
    SIBLING = "sibling", _("Sibling")
    FRIEND = "friend", _("Friend")
    COLLEAGUE = "colleague", _("Colleague")
    EMPLOYER = "employer", _("Employer")
    OTHER = "other", _("Knows")


class ContactRelation(TenantModel):
    """`other` is the contact's parent, partner … An organisation's parent is the one that it is
    part of. Parents never go in a circle."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="relations", db_index=False
    )
    other = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="relations_to", db_index=False
    )
    kind = models.CharField(max_length=9, choices=RelationKind)

    class Meta(TenantModel.Meta):
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "contact", "other", "kind"), name="contact_relation_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(contact=models.F("other")), name="contact_relation_other"
            ),
        )
        indexes = (models.Index(fields=("tenant", "other"), name="contact_relation_to"),)

    def __str__(self) -> str:
        return f"{self.contact_id} {self.kind} {self.other_id}"
