"""Which phrases a message holds, and in which languages it speaks: one pass over it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache

from extraction.document import fold
from extraction.extractors.masking import MASK
from extraction.extractors.phrases import SPACELESS, TOKEN, Hit, Phrase, languages


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
    for token in TOKEN.findall(text):
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


@cache
def _letters() -> dict[str, tuple[str, ...]]:
    """Letter → languages that are told by it."""
    table: dict[str, tuple[str, ...]] = {}
    for language in languages():
        for letter in set(language.letters):
            table[letter] = (*table.get(letter, ()), language.code)
    return table


# A word that a number follows without a space is a word of its own.
_WORD = re.compile(rf"[^\W\d_]{{3,}}(?=\d\d)|[^\W_]+|{MASK}")


def scan(
    masked: str, raw: str, hint: str | None = None, native: Iterable[str] = ()
) -> tuple[list[Hit], list[str], list[str]]:
    """All hits of the likely languages in a masked folded text, its words in order, and those
    languages, best first. `raw` is the same text with its accents; `native` are the languages that
    its currency speaks for.

    The lines around the amounts count apart: a footer in another language may be much longer."""
    places = [(match[0], match.start()) for match in _WORD.finditer(masked)]
    words = [word for word, _ in places if word != MASK]
    given = dict.fromkeys(native, _NATIVE) | ({hint: _HINTED} if hint else {})
    scores = _first_scores(raw, words, given)
    codes = _kept(scores, 0.3)
    hits = list(_scan(frozenset(codes), masked, places))
    core = _core_scores(masked, raw, hits, codes, given)
    if core is None:
        likely = _told(scores, hits)
    else:
        spans, near = core
        more = frozenset((*codes, *_kept(near, 0.3)))
        hits = hits if len(more) == len(codes) else list(_scan(more, masked, places))
        inside = [hit for hit in hits if any(start <= hit.start < end for start, end in spans)]
        likely = list(dict.fromkeys((*_told(near, inside), *_told(scores, hits))))
    rank = {code: place for place, code in enumerate(likely)}
    hits = [hit for hit in hits if hit.phrase.language in rank]
    hits.sort(key=lambda hit: (hit.start, -hit.end, rank[hit.phrase.language]))
    return hits, words, likely


def _told(scores: dict[str, float], hits: list[Hit]) -> list[str]:
    """The likely languages, now that their phrases are known."""
    for hit in hits:
        code = hit.phrase.language
        scores[code] = scores.get(code, 0.0) + min(3.0, 0.15 * (hit.end - hit.start))
    return _kept(scores, 0.34)


def _core_scores(
    masked: str,
    raw: str,
    hits: list[Hit],
    codes: list[str],
    given: dict[str, float],
) -> tuple[list[tuple[int, int]], dict[str, float]] | None:
    """The lines around the amounts and how likely each language is in them, where they speak
    another than the whole, or tell nothing in the languages of the whole."""
    spans = _cores(masked)
    if not spans or sum(end - start for start, end in spans) >= _MOSTLY * len(masked):
        return None
    words = [
        word for start, end in spans for word in _WORD.findall(masked, start, end) if word != MASK
    ]
    near = _first_scores("\n".join(raw[start:end] for start, end in spans), words, given)
    if max(near.values(), default=0.0) >= _KNOWN:
        kept = _kept(near, 0.3)
        return None if kept[0] == codes[0] and set(kept) <= set(codes) else (spans, near)
    told = any(
        hit.kind in ("event", "weak", "label") and any(a <= hit.start < b for a, b in spans)
        for hit in hits
    )
    return None if told else (spans, near)


# What the account's language and the currency's count: a common word counts 2.
_HINTED, _NATIVE = 3.0, 2.0
# A text of which this share stands around its amounts is all of one piece.
_MOSTLY = 0.8
_AROUND = 3
# Below this score any language is as likely.
_KNOWN = 4.0


def _cores(masked: str) -> list[tuple[int, int]]:
    """The lines with amounts, with up to three more of the same paragraph on either side."""
    lines: list[tuple[int, int]] = []
    start = 0
    for line in masked.split("\n"):
        lines.append((start, start + len(line)))
        start += len(line) + 1
    kept: set[int] = set()
    for number, (first, last) in enumerate(lines):
        if MASK not in masked[first:last]:
            continue
        for step in (-1, 1):
            for place in range(number, number + step * (_AROUND + 1), step):
                if not 0 <= place < len(lines) or lines[place][0] == lines[place][1]:
                    break
                kept.add(place)
    return [lines[number] for number in sorted(kept)]


def _first_scores(raw: str, words: list[str], given: dict[str, float]) -> dict[str, float]:
    """How likely each language is from what is `given` for it, its common words and letters."""
    scores = dict(given)
    table = _common_words()
    for word in dict.fromkeys(words):  # in their order, for the same message to give the same
        for code in table.get(word, ()):
            scores[code] = scores.get(code, 0.0) + 2.0
    if not raw.isascii():
        raw = raw.lower()
        letters, counts = _letters(), dict[str, int]()
        for letter in letters.keys() & set(raw):
            count = raw.count(letter)
            for code in letters[letter]:
                counts[code] = counts.get(code, 0) + count
        for language in languages() if counts else ():  # in their order
            if count := counts.get(language.code, 0):
                scores[language.code] = scores.get(language.code, 0.0) + min(14.0, 0.6 * count)
    if max(scores.values(), default=0.0) < _KNOWN:
        for language in languages():
            scores.setdefault(language.code, 0.0)
    return scores


def _kept(scores: dict[str, float], share: float) -> list[str]:
    best = max(scores.values(), default=0.0)
    floor = best * share if best >= _KNOWN else 0.0
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
            needs = phrase.needs
            if needs in has:
                if not has[needs]:
                    continue
            else:
                for word in needs:
                    if word in masked:
                        has[needs] = True
                        break
                else:
                    has[needs] = False
                    continue
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
