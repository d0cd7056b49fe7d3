"""The phrases of the grammar: data in phrases/<language>.toml, found in one pass. Pure.

A phrase is written for a non-programmer (docs: phrases/README.md):
`word` a word · `word*` its endings too · `*word` its beginnings too · `a|b` either · `[word]` may
be missing · `a_b` two words as one choice of several · `...` up to sixty characters of anything in
the same sentence · `#` an amount of money · `<code>` a one-time code. Case and accents do not
matter.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from extraction.document import fold
from extraction.extractors.masking import MASK, MASK_TAIL

FOLDER = Path(__file__).parent / "phrases"
# Languages written without spaces between words, or whose words take endings freely.
SPACELESS = frozenset({"zh", "ja", "th", "ko", "km", "lo", "my"})
# A point after a day or an amount is none that ends a sentence; after a time or a year it is.
_GAP = (
    r"(?:(?!(?<!\d)(?<!\s\w)[.!?;]\s|(?<=:\d\d)\.\s|(?<=\b20\d\d)\.\s(?=[^\W\d]{3}))"
    r"(?:[^\n。！？]|\n(?= ))){0,60}?"
)
_PLACES = {
    "#": f"{MASK}{MASK_TAIL}*",
    "<code>": r"(?<![\w])(?=[\w-]*\d)[\w-]{3,10}(?![\w])",
}
TOKEN = re.compile(r"\.\.\.|\S+")


@dataclass(frozen=True, slots=True)
class Phrase:
    """One line of a phrase file. `kind` is its table ("event", "label", …), `name` the key of
    that table ("purchase", "balance", …)."""

    language: str
    kind: str
    name: str
    text: str
    example: str
    pattern: re.Pattern[str]
    needs: tuple[str, ...] = ()
    """A text without any of these cannot have it; () where nothing is that sure."""

    @property
    def single_words(self) -> frozenset[str]:
        """The words, folded, each of which is the whole phrase and begins no longer choice of it
        ("solde|solde_disponible")."""
        pieces = fold(self.text).split()
        options = pieces[0].split("|") if len(pieces) == 1 else []
        longer = {option.partition("_")[0] for option in options if "_" in option}
        return frozenset(options) - longer


class Hit(NamedTuple):
    """A phrase found at a position of the folded text."""

    phrase: Phrase
    start: int
    end: int
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Language:
    """One phrase file."""

    code: str
    common_words: frozenset[str]
    letters: str
    phrases: tuple[Phrase, ...]


@cache
def languages() -> tuple[Language, ...]:
    """All languages, English first. Raises ValueError for a file that cannot be understood."""
    loaded = [_load(path) for path in sorted(FOLDER.glob("*.toml"))]
    return tuple(sorted(loaded, key=lambda language: language.code != "en"))


def _load(path: Path) -> Language:
    code = path.stem
    data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    adverbs = tuple(fold(word) for word in data.get("adverbs", ()))
    phrases = [
        make_phrase(code, kind, name, text, example, adverbs if kind in _SAID else ())
        for kind, tables in data.items()
        if isinstance(tables, dict)
        for name, table in tables.items()
        for text, example in table.items()
    ]
    common = frozenset(fold(word) for word in data.get("common_words", ()))
    return Language(code, common, data.get("letters", ""), tuple(phrases))


# The tables whose phrases may have an adverb between their words.
_SAID = frozenset({"event", "weak"})


def make_phrase(
    language: str, kind: str, name: str, text: str, example: str, adverbs: tuple[str, ...] = ()
) -> Phrase:
    """Compile one phrase. Raises ValueError naming the phrase when it cannot be."""
    spaced = language not in SPACELESS
    aside = f"(?:(?:{'|'.join(map(re.escape, adverbs))}) )?" if adverbs and spaced else ""
    try:
        pattern = re.compile(_expression(fold(text), spaced=spaced, aside=aside))
    except re.error as error:
        raise ValueError(f"{language}.toml: cannot read the phrase {text!r}: {error}") from error
    return Phrase(language, kind, name, text, example, pattern, _needs(fold(text)))


def _needs(text: str) -> tuple[str, ...]:
    """The letters of the token that is least likely to stand in a text, one for each choice of
    it. The first token is left out: a phrase is looked for where that stands."""
    tokens = [token for token in TOKEN.findall(text)[1:] if not token.startswith(("[", "..."))]
    choices = [
        tuple(max((word.strip("*") for word in option.split("_")), key=len)
              for option in token.split("|"))
        for token in tokens
        if "<code>" not in token
    ]  # fmt: skip
    best = max(choices, key=lambda choice: min(map(len, choice)), default=())
    return tuple(MASK if word == "#" else word for word in best)


# Between two words of a phrase: a line may end there, a paragraph may not.
_SPACE = r"(?:[^\S\n]{1,4}|[^\S\n]{0,2}\n[^\S\n]{0,2})"
# "debit #" is also "Debit: 20.00".
_AMOUNT_LINK = r"\s{0,4}(?::\s{0,2})?"


def _expression(text: str, *, spaced: bool, aside: str) -> str:
    """`aside` is what may stand between two words: "has been [just] debited"."""
    gap = (_SPACE if spaced else r"\s{0,2}") + aside
    pieces: list[str] = []
    pending = before = ""
    for piece in TOKEN.findall(text):
        if piece == "...":
            pending = _GAP
            continue
        optional = piece.startswith("[") and piece.endswith("]")
        # "80,000.00CR": some banks leave no space behind an amount
        tight = (piece[0] in ":#(/" and len(piece) == 1) or before == "#"
        link = _AMOUNT_LINK if piece == "#" else rf"\s{{0,4}}{aside}" if tight else gap
        before = piece
        inner = _token(piece[1:-1] if optional else piece, gap, spaced=spaced)
        if optional:
            pieces.append(f"(?:{pending or (link if pieces else '')}{inner})?")
            continue
        pieces.append((pending or (link if pieces else "")) + inner)
        pending = ""
    return "".join(pieces)


def _token(token: str, gap: str, *, spaced: bool) -> str:
    options = [
        gap.join(
            _PLACES[word] if word in _PLACES else _word(word, spaced=spaced)
            for word in option.split("_")
        )
        for option in sorted(token.split("|"), key=len, reverse=True)
    ]
    return "(?:" + "|".join(options) + ")"


def _boundary(last: str) -> str:
    """Some banks leave no space between a word and the number that follows."""
    if not _lettered(last):
        return ""
    return r"(?![^\W\d])" if last.isalpha() else r"(?!\w)"


def _word(word: str, *, spaced: bool) -> str:
    before = r"\w{0,12}" if word.startswith("*") else r"(?<!\w)" if _lettered(word[0]) else ""
    after = r"\w{0,12}" if word.endswith("*") else _boundary(word[-1])
    body = re.escape(word.strip("*"))
    return f"{before}{body}{after}" if spaced else body


def _lettered(char: str) -> bool:
    return char.isalnum()
