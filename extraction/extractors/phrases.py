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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from extraction.document import fold
from extraction.extractors.amounts import MASK, MASK_TAIL

FOLDER = Path(__file__).parent / "phrases"
# Languages written without spaces between words, or whose words take endings freely.
SPACELESS = frozenset({"zh", "ja", "th", "ko", "km", "lo", "my"})
# A point after a day or an amount is none that ends a sentence; after a time or a year it is.
_GAP = (
    r"(?:(?!(?<!\d)[.!?;]\s|(?<=:\d\d)\.\s|(?<=\b20\d\d)\.\s(?=[^\W\d]{3}))"
    r"(?:[^\n。！？]|\n(?= ))){0,60}?"
)
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
    needs: tuple[str, ...] = ()
    """A text without any of these cannot have it; () where nothing is that sure."""

    @property
    def single_words(self) -> frozenset[str]:
        """The words, folded, each of which is the whole phrase."""
        pieces = fold(self.text).split()
        return frozenset(pieces[0].split("|")) if len(pieces) == 1 else frozenset()


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
    return Phrase(language, kind, name, text, example, pattern, _needs(fold(text)))


def _needs(text: str) -> tuple[str, ...]:
    """The letters of the token that is least likely to stand in a text, one for each choice of
    it. The first token is left out: a phrase is looked for where that stands."""
    tokens = [token for token in _TOKEN.findall(text)[1:] if not token.startswith(("[", "..."))]
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


def _expression(text: str, *, spaced: bool) -> str:
    gap = _SPACE if spaced else r"\s{0,2}"
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
    gap = _SPACE if spaced else r"\s{0,2}"
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


class _Index:
    """The phrases of all languages by where to look: at a word, at a word's first letters, at an
    amount, anywhere."""

    def __init__(self) -> None:
        self.whole: dict[str, list[Phrase]] = {}
        """Phrases of this one word: they need no regular expression."""
        self.by_word: dict[str, list[Phrase]] = {}
        self.by_stem: dict[str, list[Phrase]] = {}
        self.at_amount: list[Phrase] = []
        self.anywhere: dict[str, list[tuple[str, Phrase]]] = {}

    def add(self, phrase: Phrase) -> None:
        for first in _first_tokens(fold(phrase.text)):
            literal = first.strip("*")
            if first == "#":
                self.at_amount.append(phrase)
            elif phrase.language in SPACELESS or first.startswith("*") or not first[0].isalnum():
                self.anywhere.setdefault(literal[0], []).append((literal, phrase))
            else:
                stem = re.match(r"[^\W_]+", first)
                assert stem is not None
                if first.isalnum() and first in phrase.single_words:
                    self.whole.setdefault(first, []).append(phrase)
                elif first == literal or stem[0] != literal:
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


class _Languages:
    """What the index has of some languages. One walk over a message serves all of them."""

    def __init__(self, codes: frozenset[str]) -> None:
        index = _index()
        self._codes = codes
        self._words: dict[str, tuple[list[Phrase], list[Phrase]]] = {}
        self.at_amount = self._of(index.at_amount)
        self.anywhere = [
            (character, literal, phrase)
            for character, phrases in index.anywhere.items()
            for literal, phrase in phrases
            if phrase.language in codes
        ]

    def at_word(self, word: str) -> tuple[list[Phrase], list[Phrase]]:
        """The phrases that are this word, and those that begin with it."""
        known = self._words.get(word)
        if known is None:
            index = _index()
            longer = list(index.by_word.get(word, ()))
            for length in range(1, min(4, len(word)) + 1):
                longer += index.by_stem.get(word[:length], ())
            known = self._of(index.whole.get(word, ())), self._of(longer)
            if len(self._words) < _MOST_WORDS:
                self._words[word] = known
        return known

    def _of(self, phrases: Iterable[Phrase]) -> list[Phrase]:
        return [phrase for phrase in phrases if phrase.language in self._codes]


# Messages hold words without end: so many of them are remembered for each set of languages.
_MOST_WORDS = 20_000


@lru_cache(maxsize=256)
def _languages(codes: frozenset[str]) -> _Languages:
    return _Languages(codes)


@cache
def _index() -> _Index:
    index = _Index()
    for language in languages():
        for phrase in language.phrases:
            index.add(phrase)
    return index


@cache
def _codes() -> frozenset[str]:
    return frozenset(language.code for language in languages())


@cache
def _common_words() -> dict[str, tuple[str, ...]]:
    """Common word → languages that have it."""
    table: dict[str, tuple[str, ...]] = {}
    for language in languages():
        for word in language.common_words:
            table[word] = (*table.get(word, ()), language.code)
    return table


# A word that a number follows without a space is a word of its own.
_WORD = re.compile(rf"[^\W\d_]{{3,}}(?=\d\d)|[^\W_]+|{MASK}")


def scan(masked: str, raw: str, hint: str | None = None) -> tuple[list[Hit], list[str], list[str]]:
    """All hits of the likely languages in a masked folded text, its words in order, and those
    languages, best first. `raw` is the same text with its accents."""
    places = [(match[0], match.start()) for match in _WORD.finditer(masked)]
    words = [word for word, _ in places if word != MASK]
    scores = _first_scores(raw, words, hint)
    hits = list(_scan(frozenset(_kept(scores, 0.3)), masked, places))
    for hit in hits:
        code = hit.phrase.language
        scores[code] = scores.get(code, 0.0) + min(3.0, 0.15 * (hit.end - hit.start))
    likely = _kept(scores, 0.34)
    rank = {code: place for place, code in enumerate(likely)}
    hits = [hit for hit in hits if hit.phrase.language in rank]
    hits.sort(key=lambda hit: (hit.start, -hit.end, rank[hit.phrase.language]))
    return hits, words, likely


def _first_scores(raw: str, words: list[str], hint: str | None) -> dict[str, float]:
    """How likely each language is from its common words and letters alone."""
    scores: dict[str, float] = {hint: 3.0} if hint else {}
    table = _common_words()
    for word in dict.fromkeys(words):  # in their order, for the same message to give the same
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
    kept = [code for code, score in scores.items() if score >= floor and code in _codes()]
    return sorted(kept, key=lambda code: (-scores[code], code != "en"))


def _scan(codes: frozenset[str], masked: str, places: list[tuple[str, int]]) -> Iterator[Hit]:
    """Hits of the phrases of these languages."""
    languages = _languages(codes)
    text = _Text(masked)
    for word, start in places:
        if word == MASK:
            yield from text.at(languages.at_amount, start)
            continue
        whole, longer = languages.at_word(word)
        if whole:
            end = start + len(word)
            if "_" not in (masked[start - 1 : start], masked[end : end + 1]):
                for phrase in whole:
                    yield Hit(phrase, start, end, phrase.kind, phrase.name)
        if longer:
            yield from text.at(longer, start)
    characters = set(masked)
    for character, literal, phrase in languages.anywhere:
        if character in characters and literal in masked:
            yield from _everywhere(literal, phrase, text)


class _Text:
    """A masked text and which of the words that phrases need it has, each looked for once."""

    def __init__(self, masked: str) -> None:
        self.masked = masked
        self._has: dict[tuple[str, ...], bool] = {(): True}

    def at(self, phrases: Sequence[Phrase], start: int) -> Iterator[Hit]:
        """Which of these phrases begin at a place."""
        has, masked = self._has, self.masked
        for phrase in phrases:
            possible = has.get(phrase.needs)
            if possible is None:
                possible = has[phrase.needs] = any(word in masked for word in phrase.needs)
            if possible:
                match = phrase.pattern.match(masked, start)
                if match is not None and match.end() > start:
                    yield Hit(phrase, start, match.end(), phrase.kind, phrase.name)


def _everywhere(literal: str, phrase: Phrase, text: _Text) -> Iterator[Hit]:
    masked = text.masked
    position = masked.find(literal)
    while position >= 0:
        begin = position
        if "*" in phrase.text:
            while begin and masked[begin - 1].isalnum() and position - begin < 12:
                begin -= 1
        yield from text.at((phrase,), begin)
        position = masked.find(literal, position + len(literal))


__all__ = ["Hit", "Language", "Phrase", "languages", "make_phrase", "scan"]
