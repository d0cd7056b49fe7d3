"""How one person has arranged the overview of one ledger. Kept on their membership."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from django.db import transaction

from accounts.models import Membership

MOST_NOTED: Final = 100
VERBS: Final = ("up", "down", "fold", "unfold", "hide", "show")


@dataclass(slots=True)
class Layout:
    """Keys of sections in the order they stand, those folded to their heading, those left out, and
    the marks of the insights that the person has noted (newest last)."""

    order: list[str] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    noted: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, stored: Any, known: Sequence[str]) -> Layout:
        """What was stored, for the sections that there are: new ones come last."""
        layout = cls(**{name: list(stored.get(name, ())) for name in cls.__slots__})
        kept = [key for key in layout.order if key in known]
        layout.order = kept + [key for key in known if key not in kept]
        return layout

    def apply(self, key: str, verb: str) -> None:
        """One of VERBS, on a section that is in `order`."""
        match verb:
            case "up" | "down":
                self._move(key, -1 if verb == "up" else 1)
            case "fold" | "unfold":
                self.folded = _without(self.folded, key) + [key] * (verb == "fold")
            case "hide" | "show":
                self.hidden = _without(self.hidden, key) + [key] * (verb == "hide")

    def note(self, mark: str) -> None:
        self.noted = [*_without(self.noted, mark), mark][-MOST_NOTED:]

    def _move(self, key: str, step: int) -> None:
        """Past the next one that is shown."""
        shown = [one for one in self.order if one not in self.hidden]
        place = shown.index(key) + step if key in shown else -1
        if 0 <= place < len(shown):
            neighbour = self.order.index(shown[place])
            self.order.remove(key)
            self.order.insert(neighbour, key)


def layout_of(user_id: Any, known: Sequence[str]) -> Layout:
    """Of somebody in the ledger of this scope; as it comes for one who is no member (support)."""
    stored = Membership.objects.filter(user_id=user_id).values_list("overview", flat=True)
    return Layout.of(stored.first() or {}, known)


@contextmanager
def changed_layout(user_id: Any, known: Sequence[str]) -> Iterator[Layout]:
    """The layout to be changed; it is stored at the end. Two tabs wait for each other."""
    with transaction.atomic():
        membership = Membership.objects.select_for_update().filter(user_id=user_id).first()
        layout = Layout.of(membership.overview if membership else {}, known)
        yield layout
        if membership:
            membership.overview = asdict(layout)
            membership.save(update_fields=["overview"])


def _without(keys: list[str], key: str) -> list[str]:
    return [one for one in keys if one != key]
