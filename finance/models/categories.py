"""What money was for."""

from __future__ import annotations

from functools import lru_cache

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from finance.default_categories import DEFAULT_NAMES
from finance.models.base import LedgerRow


class CategoryKind(models.TextChoices):
    EXPENSE = "expense", _("Expense")
    INCOME = "income", _("Income")
    # Between one's own accounts: neither income nor expense.
    TRANSFER = "transfer", _("Transfer")


class Category(LedgerRow):
    """A node of the tenant's tree; a child has its parent's kind.

    Default categories have a `key`, and no `name` until somebody renames them: so they are shown
    in each reader's own language (see `label`).
    """

    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children",
        db_index=False,
    )  # fmt: skip
    kind = models.CharField(max_length=8, choices=CategoryKind, default=CategoryKind.EXPENSE)
    key = models.SlugField(max_length=40, blank=True, db_index=False, editable=False)
    name = models.CharField(max_length=80, blank=True)
    position = models.PositiveIntegerField(default=0)
    is_archived = models.BooleanField(default=False)

    class Meta(LedgerRow.Meta):
        ordering = ("position", "name", "id")
        verbose_name_plural = "categories"
        constraints = (
            models.UniqueConstraint(
                fields=("tenant", "key"), condition=~models.Q(key=""), name="category_key_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(key="", name=""), name="category_has_a_name"
            ),
        )
        indexes = (models.Index(fields=("tenant", "parent"), name="category_children"),)

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The name somebody gave it, or the default's in the reader's language."""
        return category_label(self.key, self.name)


def category_label(key: str, name: str) -> str:
    return name or _default_name(key, get_language())


@lru_cache(maxsize=1024)
def _default_name(key: str, language: str | None) -> str:
    """Looked up once for each language, not for each row of a page."""
    return str(DEFAULT_NAMES.get(key, key))
