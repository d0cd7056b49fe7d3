"""Tags: adding, renaming, joining and removing them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db.models import Count, F, Max, Sum

from finance.errors import LedgerError
from finance.ledger import Changes
from finance.ledger.batches import MOST, edit_many, undo
from finance.ledger.movements import clean_text
from finance.ledger.writing import locked, writing
from finance.merchants.reading import Sums
from finance.models import Rule, RuleTag, Tag, Tagging, TagRemoval, TransactionState
from tenancy.ids import new_id
from tenancy.wording import worded

LONGEST = 60
# Beyond that, a list to choose from is no help any more.
MOST_TAGS = 2_000


def add_tag(name: str) -> Tag:
    """A new tag. Raises LedgerError where there is one of that name, in whatever case."""
    with writing():
        name = _free(name)
        tag: Tag = Tag.objects.create(name=name)
    return tag


def rename_tag(tag_id: uuid.UUID, name: str) -> Tag:
    """Raises NotInLedger, LedgerError."""
    with writing():
        tag = locked(Tag, tag_id)
        tag.name = _free(name, tag)
        tag.save(update_fields=["name"])
    return tag


def tags_named(names: Iterable[str]) -> frozenset[uuid.UUID]:
    """The tags of these names; those that there are not yet are added. Raises LedgerError."""
    wanted = {_clean(name).casefold(): _clean(name) for name in names if name.strip()}
    if not wanted:
        return frozenset()
    with writing():
        known = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
        new = [Tag(id=new_id(), name=name) for key, name in wanted.items() if key not in known]
        if len(known) + len(new) > MOST_TAGS:
            raise _too_many()
        Tag.objects.bulk_create(new)
    known |= {tag.name.casefold(): tag.pk for tag in new}
    return frozenset(known[key] for key in wanted)


def present_tags(names: Iterable[str]) -> frozenset[uuid.UUID]:
    """The tags of these names that there are, and new ids for the others; adds none. Raises
    LedgerError for what can be no name."""
    wanted = {_clean(name).casefold() for name in names if name.strip()}
    known = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
    return frozenset(known.get(name) or new_id() for name in wanted)


def known_tags(names: Iterable[str]) -> frozenset[uuid.UUID]:
    """The tags of these names. Raises LedgerError for one that there is not."""
    wanted = {_clean(name).casefold(): name.strip() for name in names if name.strip()}
    known = {tag.name.casefold(): tag.pk for tag in Tag.objects.all()}
    if unknown := wanted.keys() - known.keys():
        raise LedgerError(
            worded("There is no tag “%(name)s”.", name=wanted[min(unknown)]),
            code="unknown_tag",
            field="remove_tags",
        )
    return frozenset(known[key] for key in wanted)


def join_tags(tag_id: uuid.UUID, into_id: uuid.UUID) -> Tag:
    """What carries the first gets the second instead, and the first goes. Raises NotInLedger,
    LedgerError."""
    if tag_id == into_id:
        raise LedgerError(
            worded("A tag cannot be joined with itself."), code="same_tag", field="into"
        )
    with writing():
        tag, into = locked(Tag, tag_id), locked(Tag, into_id)
        removal = _take_off(
            tag, {"add_tags": frozenset((into.pk,))}, f"Tag: {tag.name} → {into.name}"
        )
        had = set(RuleTag.objects.filter(tag=into).values_list("rule_id", flat=True))
        rules = [uuid.UUID(rule) for rule in removal.rules]
        RuleTag.objects.bulk_create(
            [RuleTag(rule_id=rule, tag=into) for rule in rules if rule not in had]
        )
        removal.joined_into = into.name
        removal.save(force_insert=True)
        tag.delete()
    return into


def remove_tag(tag_id: uuid.UUID) -> None:
    """Take it off every transaction, each with an entry on its trail. Raises NotInLedger."""
    with writing():
        tag = locked(Tag, tag_id)
        _take_off(tag, {}, f"Tag removed: {tag.name}").save(force_insert=True)
        tag.delete()


def restore_tag(removal_id: uuid.UUID) -> Tag:
    """Bring back a tag that was removed or joined, on the transactions that nobody has changed
    since and on its rules. Raises NotInLedger, LedgerError where its name is taken now."""
    with writing():
        removal = locked(TagRemoval, removal_id)
        tag: Tag = Tag.objects.create(id=removal.tag_id, name=_free(removal.name))
        for batch in removal.batches:
            undo(uuid.UUID(batch))
        rules = Rule.objects.filter(pk__in=removal.rules)
        RuleTag.objects.bulk_create([RuleTag(rule=rule, tag=tag) for rule in rules])
        removal.delete()
    return tag


def tag_sums() -> list[tuple[Tag, Sums]]:
    """Every tag with what is posted under it: two queries. One without sums is unused."""
    sums: dict[uuid.UUID, Sums] = {}
    rows = (
        Tagging.objects.filter(transaction__state=TransactionState.POSTED)
        .order_by()
        .values("tag_id", currency=F("transaction__currency"))
        .annotate(
            total=Sum("transaction__amount_minor"), n=Count("pk"),
            last=Max("transaction__booked_on"),
        )
        .order_by("-n", "currency")
    )  # fmt: skip
    for row in rows:
        of_tag = sums.setdefault(row["tag_id"], Sums())
        of_tag.add(int(row["total"]), row["currency"], row["n"], row["last"])
    return [(tag, sums.get(tag.pk, Sums())) for tag in Tag.objects.order_by("name", "id")]


def _take_off(tag: Tag, more: Changes, title: str) -> TagRemoval:
    """Off every transaction, as edit batches; returns what brings it back, not yet saved."""
    carried = Tagging.objects.filter(tag=tag).exclude(transaction__state=TransactionState.VOID)
    changes: Changes = {"remove_tags": frozenset((tag.pk,)), **more}
    batches: list[str] = []
    ids = list(carried.values_list("transaction_id", flat=True))
    for start in range(0, len(ids), MOST):
        edited = edit_many(dict.fromkeys(ids[start : start + MOST], changes), title)
        if edited.batch is not None:
            batches.append(str(edited.batch.pk))
    rules = RuleTag.objects.filter(tag=tag).values_list("rule_id", flat=True)
    return TagRemoval(tag_id=tag.pk, name=tag.name, batches=batches, rules=[*map(str, rules)])


def _clean(name: str) -> str:
    """Raises LedgerError."""
    # A comma parts tags where they are typed.
    cleaned = " ".join(clean_text(name, 1_000).replace(",", " ").split())
    if not cleaned or cleaned.casefold() == "none":
        raise LedgerError(worded("Give the tag a name."), code="no_name", field="name")
    if len(cleaned) > LONGEST:
        raise LedgerError(
            worded("A tag's name has at most %(longest)s characters.", longest=LONGEST),
            code="name_too_long",
            field="name",
        )
    return cleaned


def _free(name: str, of: Tag | None = None) -> str:
    cleaned = _clean(name)
    others = Tag.objects.exclude(pk=of.pk) if of else Tag.objects.all()
    # Compared here: SQLite folds the case of ASCII alone.
    names = [other.casefold() for other in others.values_list("name", flat=True)]
    if cleaned.casefold() in names:
        raise LedgerError(
            worded("There is a tag “%(cleaned)s” already.", cleaned=cleaned),
            code="name_taken",
            field="name",
        )
    if of is None and len(names) >= MOST_TAGS:
        raise _too_many()
    return cleaned


def _too_many() -> LedgerError:
    return LedgerError(
        worded("A ledger has at most %(most)s tags. Remove some first.", most=MOST_TAGS),
        code="too_many_tags",
    )
