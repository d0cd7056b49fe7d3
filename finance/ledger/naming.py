"""Which merchant a text means, and that each name in the ledger is a merchant's."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from finance.models import Merchant, MerchantAlias
from finance.words import plain
from tenancy.ids import new_id

# A word with so many digits is a number of a shop, a card or a receipt.
DIGITS: Final = 3
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=16_384)
def reads_like(text: str) -> str:
    """The key of all texts that differ only in case, accents, signs and numbers: “LIDL 4711//Köln”
    and “Lidl 0815 Koln” have the same. A text of numbers alone keeps them."""
    words = _WORD.findall(plain(text))
    named = [word for word in words if sum(map(str.isdigit, word)) < DIGITS]
    return " ".join(named or words)


@lru_cache(maxsize=16_384)
def key_of(name: str) -> str:
    """By which names are the same but for case, accents and spaces."""
    return " ".join(plain(name).split())


@dataclass(frozen=True, slots=True)
class Names:
    """The merchants that some texts mean. Two queries, however many texts."""

    aliases: Mapping[str, str] = field(default_factory=dict)
    exact: Mapping[str, str] = field(default_factory=dict)
    alike: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, texts: Iterable[str]) -> Names:
        wanted = {text for text in texts if text}
        if not wanted:
            return cls()
        aliases = MerchantAlias.objects.filter(key__in={reads_like(text) for text in wanted})
        known = Merchant.objects.filter(key__in={key_of(text) for text in wanted})
        rows = list(known.select_related("merged_into").order_by("-created_at", "-id"))
        exact = {row.name: kept(row).name for row in rows}
        learned = {
            row.key: kept(row.merchant).name
            for row in aliases.select_related("merchant__merged_into")
        }
        return cls(learned, exact, {row.key: kept(row).name for row in rows})

    def named(self, name: str) -> str:
        """The merchant that a person means by a name."""
        found = self.exact.get(name) or self.aliases.get(reads_like(name))
        return found or self.alike.get(key_of(name)) or name

    def standing(self, name: str) -> str:
        """The name itself, or that of the merchant that it was merged into."""
        return self.exact.get(name, name)

    def read(self, name: str, raw: str) -> str:
        """The merchant that a machine has read: what people have said of such a text goes before
        its own name."""
        for text in (raw, name):
            if text and (found := self.aliases.get(reads_like(text))):
                return found
        return self.named(name)


def kept(merchant: Merchant) -> Merchant:
    """The merchant itself, or the one that it was merged into."""
    while merchant.merged_into is not None:
        merchant = merchant.merged_into
    return merchant


def keep_names(names: Iterable[str]) -> None:
    """Make merchants of the names that are none yet, before transactions get them; a merged one
    that is named again stands by itself again. Inside `writing()`."""
    wanted = sorted({name for name in names if name})
    if not wanted:
        return
    rows = Merchant.objects.filter(name__in=wanted).values_list("name", "merged_into")
    known = dict(rows)
    again = [name for name, merged_into in known.items() if merged_into is not None]
    if again:
        Merchant.objects.filter(name__in=again).update(merged_into=None, merge_batches=[])
    new = [name for name in wanted if name not in known]
    Merchant.objects.bulk_create(merchants_named(new), batch_size=1_000)


def standing_name(name: str) -> str:
    """What a void transaction's merchant is called by now, for one that counts again; it is made a
    merchant if it is none any more. Inside `writing()`."""
    now = Names.of([name]).named(name)
    keep_names([now])
    return now


def merchants_named(names: Sequence[str]) -> list[Merchant]:
    """New merchants, not yet saved."""
    return [Merchant(id=new_id(), name=name, key=key_of(name)) for name in names]
