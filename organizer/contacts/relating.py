"""Relations as vCards tell them: RELATED (RFC 6350, 6.6.6) names another contact by its uid."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from django.db import transaction

from organizer.address_book.card import Card, Property
from organizer.contacts.keeping import relate
from organizer.contacts.sealing import card_of, seal
from organizer.errors import OrganizerError
from organizer.models import Contact, ContactRelation, RelationKind

RELATED: Final = "RELATED"
CHILD: Final = "child"
TYPES: Final[dict[str, str]] = {
    RelationKind.PARENT: "parent", RelationKind.PARTNER: "spouse",
    RelationKind.SIBLING: "sibling", RelationKind.FRIEND: "friend",
    RelationKind.COLLEAGUE: "colleague", RelationKind.EMPLOYER: "x-employer",
    RelationKind.OTHER: "contact",
}  # fmt: skip
KINDS: Final = {word: kind for kind, word in TYPES.items()}


@dataclass(frozen=True, slots=True)
class Told:
    """What a file says of a contact: the one of this uid is its `word` (see `TYPES`). `line` is
    what said so."""

    uid: str
    word: str
    line: Property


def parted(card: Card) -> tuple[Card, tuple[Told, ...]]:
    """A card without the lines that tell of relations, and those."""
    told = {line: found for line in card.kept if (found := _told(line))}
    kept = tuple(line for line in card.kept if line not in told)
    return replace(card, kept=kept), tuple(told.values())


def with_relations(rows: Sequence[Contact]) -> list[Card]:
    """The cards of contacts with a line for each relation."""
    lines: dict[uuid.UUID, list[Property]] = {}
    found = ContactRelation.objects.filter(contact__in=rows).select_related("other")
    for relation in found.order_by("kind", "id"):
        params = (("TYPE", (TYPES[relation.kind],)),)
        line = Property(RELATED, relation.other.uid, params)
        lines.setdefault(relation.contact_id, []).append(line)
    cards = [(row, card_of(row)) for row in rows]
    return [replace(card, kept=(*card.kept, *lines.get(row.pk, ()))) for row, card in cards]


def known_relations(rows: Iterable[Contact]) -> set[tuple[uuid.UUID, str, str]]:
    """Contact, word and the other's uid, from both sides: two queries."""
    ids = [row.pk for row in rows]
    mine = ContactRelation.objects.filter(contact__in=ids)
    found = {
        (contact_id, TYPES[kind], uid)
        for contact_id, kind, uid in mine.values_list("contact_id", "kind", "other__uid")
    }
    children = ContactRelation.objects.filter(other__in=ids, kind=RelationKind.PARENT)
    pairs = children.values_list("other_id", "contact__uid")
    return found | {(other_id, CHILD, uid) for other_id, uid in pairs}


def relate_told(pairs: Iterable[tuple[Contact, Sequence[Told]]]) -> None:
    """Make relations of what files told. What names nobody here, or would go in a circle, stays a
    line of its card. Inside `one_writer()`."""
    wanted = [(row, told) for row, told in pairs if told]
    uids = {one.uid for _, told in wanted for one in told}
    others = {row.uid: row for row in Contact.objects.filter(uid__in=uids, merged_into=None)}
    for row, told in wanted:
        left = [one.line for one in told if not _related(row, others.get(one.uid), one.word)]
        if left:
            fresh = Contact.objects.select_for_update().get(pk=row.pk)
            card = card_of(fresh)
            new = [line for line in left if line not in card.kept]
            seal(fresh, replace(card, kept=(*card.kept, *new)))
            fresh.save()


def _told(line: Property) -> Told | None:
    """None for what says more, or something else, than a relation of ours can."""
    params = {name: values for name, values in line.params if name != "VALUE"}
    if line.name != RELATED or line.group or set(params) != {"TYPE"} or len(params["TYPE"]) != 1:
        return None
    word, uid = params["TYPE"][0].lower(), line.value.strip()
    is_ours = word == CHILD or word in KINDS
    return Told(uid, word, line) if is_ours and 0 < len(uid) <= 255 else None


def _related(row: Contact, other: Contact | None, word: str) -> bool:
    if other is None:
        return False
    one, two, kind = (other, row, KINDS["parent"]) if word == CHILD else (row, other, KINDS[word])
    try:
        with transaction.atomic():
            relate(one.pk, two.pk, kind)
    except OrganizerError:
        return False
    return True
