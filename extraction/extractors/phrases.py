"""The phrases of the grammar: data in phrases/<language>.toml, found in one pass. Pure.

A phrase is written for a non-programmer (docs: phrases/README.md):
`word` a word · `word*` its endings too · `*word` its beginnings too · `a|b` either · `[word]` may
be missing · `a_b` two words as one choice of several · `...` up to forty characters of anything in the same sentence · `#` an amount of
money · `<code>` a one-time code. Case and accents do not matter.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from extraction.document import fold
from extraction.extractors.amounts import MASK, MASK_TAIL

FOLDER = Path(__file__).parent / "phrases"
# Languages written without spaces between words, or whose words take endings freely.
SPACELESS = frozenset({"zh", "ja", "th", "ko", "km", "lo", "my"})
_GAP = r"(?:(?!(?<!\d)[.!?;]\s)[^\n。！？]){0,60}?"
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
    for token in _TOKEN.findall(text):
        if token == "...":
            pending = _GAP
            continue
        optional = token.startswith("[") and token.endswith("]")
        inner = _token(token[1:-1] if optional else token, spaced=spaced)
        if optional:
            pieces.append(f"(?:{pending or (gap if pieces else '')}{inner})?")
            continue
        pieces.append((pending or (gap if pieces else "")) + inner)
        pending = ""
    return "".join(pieces)


def _token(token: str, *, spaced: bool) -> str:
    gap = r"[\s]{1,4}" if spaced else r"\s{0,2}"
    options = [
        gap.join(
            _PLACES[word] if word in _PLACES else _word(word, spaced=spaced)
            for word in option.split("_")
        )
        for option in token.split("|")
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
    """Phrases by where to look for them: at a word's beginning, at an amount, or anywhere."""

    def __init__(self, phrases: list[Phrase]) -> None:
        self.by_word: dict[str, list[Phrase]] = {}
        self.at_amount: list[Phrase] = []
        self.anywhere: list[tuple[str, Phrase]] = []
        for phrase in phrases:
            self._add(phrase)

    def _add(self, phrase: Phrase) -> None:
        for first in _first_tokens(fold(phrase.text)):
            if first == "#":
                self.at_amount.append(phrase)
            elif phrase.language in SPACELESS or first.startswith("*") or not first[0].isalnum():
                self.anywhere.append((first.strip("*"), phrase))
            else:
                stem = re.match(r"\w+", first)
                assert stem is not None
                self.by_word.setdefault(stem[0][:4], []).append(phrase)


def _first_tokens(text: str) -> Iterator[str]:
    """Every word a phrase can begin with."""
    for token in _TOKEN.findall(text):
        optional = token.startswith("[")
        yield from (option.split("_")[0] for option in token.strip("[]").split("|"))
        if not optional:
            return


@cache
def _index() -> _Index:
    return _Index([phrase for language in languages() for phrase in language.phrases])


_WORD = re.compile(rf"[^\W_]+|{MASK}")


def scan(masked: str) -> tuple[list[Hit], list[str]]:
    """All hits in a masked folded text, and its words in order."""
    index = _index()
    hits: list[Hit] = []
    words: list[str] = []
    for match in _WORD.finditer(masked):
        word, start = match[0], match.start()
        if word == MASK:
            candidates = index.at_amount
        else:
            words.append(word)
            candidates = _candidates(index.by_word, word)
        hits += _at(candidates, masked, start)
    for literal, phrase in index.anywhere:
        position = masked.find(literal)
        while position >= 0:
            begin = position
            if phrase.text.startswith("*"):
                while begin and masked[begin - 1].isalnum() and position - begin < 12:
                    begin -= 1
            hits += _at([phrase], masked, begin)
            position = masked.find(literal, position + len(literal))
    hits.sort(key=lambda hit: (hit.start, -hit.end))
    return hits, words


def _candidates(by_word: dict[str, list[Phrase]], word: str) -> list[Phrase]:
    found: list[Phrase] = []
    for length in range(1, 5):
        if length <= len(word) and (phrases := by_word.get(word[:length])):
            found += phrases
    return found


def _at(phrases: list[Phrase], text: str, start: int) -> Iterator[Hit]:
    for phrase in phrases:
        match = phrase.pattern.match(text, start)
        if match is not None and match.end() > start:
            yield Hit(phrase, match.start(), match.end())


def guess_languages(
    text: str, words: list[str], hits: list[Hit], hint: str | None = None
) -> list[str]:
    """Language codes the text is likely in, best first; those far behind the best are left out."""
    scores: dict[str, float] = {hint: 3.0} if hint else {}
    present = set(words)
    for language in languages():
        score = 2.0 * len(present & language.common_words)
        if language.letters:
            score += min(12.0, 0.5 * sum(text.count(letter) for letter in language.letters))
        if score:
            scores[language.code] = scores.get(language.code, 0.0) + score
    for hit in hits:
        code = hit.phrase.language
        scores[code] = scores.get(code, 0.0) + min(3.0, 0.15 * (hit.end - hit.start))
    if not scores:
        return ["en"]
    best = max(scores.values())
    kept = [code for code, score in scores.items() if score >= best * 0.34]
    return sorted(kept, key=lambda code: (-scores[code], code != "en"))


__all__ = ["Hit", "Language", "Phrase", "guess_languages", "languages", "make_phrase", "scan"]
