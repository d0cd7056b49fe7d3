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
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from extraction.document import fold
from extraction.extractors.amounts import MASK, MASK_TAIL

FOLDER = Path(__file__).parent / "phrases"
# Languages written without spaces between words, or whose words take endings freely.
SPACELESS = frozenset({"zh", "ja", "th", "ko", "km", "lo", "my"})
_GAP = r"(?:(?!(?<!\d)[.!?;]\s)(?:[^\n。！？]|\n(?= ))){0,60}?"
_PLACES = {
    "#": f"{MASK}{MASK_TAIL}*",
    "<code>": r"(?<![\w])(?=[\w-]*\d)[\w-]{3,10}(?![\w])",
}
_TOKEN = re.compile(r"\.\.\.|\S+")


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


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found at a position of the folded text."""

    phrase: Phrase
    start: int
    end: int

    @property
    def kind(self) -> str:
        return self.phrase.kind

    @property
    def name(self) -> str:
        return self.phrase.name


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
    phrases = [
        make_phrase(code, kind, name, text, example)
        for kind, tables in data.items()
        if isinstance(tables, dict)
        for name, table in tables.items()
        for text, example in table.items()
    ]
    common = frozenset(fold(word) for word in data.get("common_words", ()))
    return Language(code, common, data.get("letters", ""), tuple(phrases))


def make_phrase(language: str, kind: str, name: str, text: str, example: str) -> Phrase:
    """Compile one phrase. Raises ValueError naming the phrase when it cannot be."""
    try:
        pattern = re.compile(_expression(fold(text), spaced=language not in SPACELESS))
    except re.error as error:
        raise ValueError(f"{language}.toml: cannot read the phrase {text!r}: {error}") from error
    return Phrase(language, kind, name, text, example, pattern)


def _expression(text: str, *, spaced: bool) -> str:
    gap = r"[\s]{1,4}" if spaced else r"\s{0,2}"
    pieces: list[str] = []
    pending = ""
    for piece in _TOKEN.findall(text):
        if piece == "...":
            pending = _GAP
            continue
        optional = piece.startswith("[") and piece.endswith("]")
        link = r"\s{0,4}" if piece[0] in ":#(" and len(piece) == 1 else gap
        inner = _token(piece[1:-1] if optional else piece, spaced=spaced)
        if optional:
            pieces.append(f"(?:{pending or (link if pieces else '')}{inner})?")
            continue
        pieces.append((pending or (link if pieces else "")) + inner)
        pending = ""
    return "".join(pieces)


def _token(token: str, *, spaced: bool) -> str:
    gap = r"[\s]{1,4}" if spaced else r"\s{0,2}"
    options = [
        gap.join(
            _PLACES[word] if word in _PLACES else _word(word, spaced=spaced)
            for word in option.split("_")
        )
        for option in sorted(token.split("|"), key=len, reverse=True)
    ]
    return "(?:" + "|".join(options) + ")"


def _word(word: str, *, spaced: bool) -> str:
    before = r"\w{0,12}" if word.startswith("*") else r"(?<!\w)" if _lettered(word[0]) else ""
    after = r"\w{0,12}" if word.endswith("*") else r"(?!\w)" if _lettered(word[-1]) else ""
    body = re.escape(word.strip("*"))
    return f"{before}{body}{after}" if spaced else body


def _lettered(char: str) -> bool:
    return char.isalnum()


class _Index:
    """One language's phrases by where to look: at a word, at a word's first letters, at an amount,
    anywhere."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self.by_word: dict[str, list[Phrase]] = {}
        self.by_stem: dict[str, list[Phrase]] = {}
        self.at_amount: list[Phrase] = []
        self.anywhere: dict[str, list[tuple[str, Phrase]]] = {}
        for phrase in phrases:
            self._add(phrase)

    def _add(self, phrase: Phrase) -> None:
        for first in _first_tokens(fold(phrase.text)):
            literal = first.strip("*")
            if first == "#":
                self.at_amount.append(phrase)
            elif phrase.language in SPACELESS or first.startswith("*") or not first[0].isalnum():
                self.anywhere.setdefault(literal[0], []).append((literal, phrase))
            else:
                stem = re.match(r"[^\W_]+", first)
                assert stem is not None
                if first == literal or stem[0] != literal:
                    self.by_word.setdefault(stem[0], []).append(phrase)
                else:
                    self.by_stem.setdefault(stem[0][:4], []).append(phrase)


def _first_tokens(text: str) -> Iterator[str]:
    """Every word a phrase can begin with."""
    for token in _TOKEN.findall(text):
        optional = token.startswith("[")
        yield from (option.split("_")[0] for option in token.strip("[]").split("|"))
        if not optional:
            return


@cache
def _indexes() -> dict[str, _Index]:
    return {language.code: _Index(language.phrases) for language in languages()}


@cache
def _common_words() -> dict[str, tuple[str, ...]]:
    """Common word → languages that have it."""
    table: dict[str, tuple[str, ...]] = {}
    for language in languages():
        for word in language.common_words:
            table[word] = (*table.get(word, ()), language.code)
    return table


_WORD = re.compile(rf"[^\W_]+|{MASK}")


def scan(masked: str, raw: str, hint: str | None = None) -> tuple[list[Hit], list[str], list[str]]:
    """All hits of the likely languages in a masked folded text, its words in order, and those
    languages, best first. `raw` is the same text with its accents."""
    places = [(match[0], match.start()) for match in _WORD.finditer(masked)]
    words = [word for word, _ in places if word != MASK]
    scores = _first_scores(raw, words, hint)
    hits = [hit for code in _kept(scores, 0.3) for hit in _scan_with(code, masked, places)]
    for hit in hits:
        code = hit.phrase.language
        scores[code] = scores.get(code, 0.0) + min(3.0, 0.15 * (hit.end - hit.start))
    likely = _kept(scores, 0.34)
    hits = [hit for hit in hits if hit.phrase.language in likely]
    hits.sort(key=lambda hit: (hit.start, -hit.end))
    return hits, words, likely


def _first_scores(raw: str, words: list[str], hint: str | None) -> dict[str, float]:
    """How likely each language is from its common words and letters alone."""
    scores: dict[str, float] = {hint: 3.0} if hint else {}
    table = _common_words()
    for word in set(words):
        for code in table.get(word, ()):
            scores[code] = scores.get(code, 0.0) + 2.0
    if not raw.isascii():
        raw = raw.lower()
        characters = set(raw)
        for language in languages():
            present = characters.intersection(language.letters)
            if present:
                count = sum(raw.count(letter) for letter in present)
                scores[language.code] = scores.get(language.code, 0.0) + min(14.0, 0.6 * count)
    if max(scores.values(), default=0.0) < 4.0:
        for language in languages():
            scores.setdefault(language.code, 0.0)
    return scores


def _kept(scores: dict[str, float], share: float) -> list[str]:
    best = max(scores.values(), default=0.0)
    floor = best * share if best >= 4.0 else 0.0
    kept = [code for code, score in scores.items() if score >= floor and code in _indexes()]
    return sorted(kept, key=lambda code: (-scores[code], code != "en"))


def _scan_with(code: str, masked: str, places: list[tuple[str, int]]) -> Iterator[Hit]:
    index = _indexes()[code]
    by_word, by_stem = index.by_word, index.by_stem
    for word, start in places:
        if word == MASK:
            yield from _at(index.at_amount, masked, start)
            continue
        if phrases := by_word.get(word):
            yield from _at(phrases, masked, start)
        for length in range(1, min(4, len(word)) + 1) if by_stem else ():
            if phrases := by_stem.get(word[:length]):
                yield from _at(phrases, masked, start)
    if index.anywhere:
        for character in set(masked).intersection(index.anywhere):
            for literal, phrase in index.anywhere[character]:
                yield from _everywhere(literal, phrase, masked)


def _everywhere(literal: str, phrase: Phrase, masked: str) -> Iterator[Hit]:
    position = masked.find(literal)
    while position >= 0:
        begin = position
        if "*" in phrase.text:
            while begin and masked[begin - 1].isalnum() and position - begin < 12:
                begin -= 1
        yield from _at([phrase], masked, begin)
        position = masked.find(literal, position + len(literal))


def _at(phrases: list[Phrase], text: str, start: int) -> Iterator[Hit]:
    for phrase in phrases:
        match = phrase.pattern.match(text, start)
        if match is not None and match.end() > start:
            yield Hit(phrase, match.start(), match.end())


__all__ = ["Hit", "Language", "Phrase", "languages", "make_phrase", "scan"]
