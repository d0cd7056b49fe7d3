from __future__ import annotations

from pathlib import Path

import pytest

from extraction.extractors import phrases
from extraction.extractors.amounts import find_amounts
from extraction.extractors.dates import find_dates, find_times
from extraction.extractors.masking import mask
from extraction.extractors.phrases import Phrase, languages, make_phrase
from extraction.extractors.scanning import scan
from tests.extraction.reading_help import make_document

PHRASES = [phrase for language in languages() for phrase in language.phrases]
KINDS = {
    "event", "weak", "label", "ignore", "refine", "account", "own", "party", "reference",
    "merchant", "stop", "date", "doubt",
}  # fmt: skip


def finds(phrase: Phrase, text: str) -> bool:
    document = make_document(text)
    times = find_times(document)
    spans = [(item.start, item.end) for item in times]
    spans += [(item.start, item.end) for item in find_dates(document, times)]
    masked = mask(document.folded, find_amounts(document, spans))
    hits, _, _ = scan(masked, document.normalized, phrase.language)
    return any(hit.phrase is phrase for hit in hits)


@pytest.mark.parametrize("language", [language.code for language in languages()])
def test_every_phrase_is_found_in_its_own_example(language: str) -> None:
    mine = [phrase for phrase in PHRASES if phrase.language == language]
    assert mine
    assert [phrase.text for phrase in mine if not finds(phrase, phrase.example)] == []


def test_the_great_languages_are_there() -> None:
    wanted = "en es pt fr de it nl pl ru uk tr ar he fa hi id ms th vi zh ja ko"
    assert set(wanted.split()) <= {language.code for language in languages()}


def test_every_table_is_one_that_the_grammar_reads() -> None:
    assert {phrase.kind for phrase in PHRASES} <= KINDS


def test_a_phrase_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "_GAP", "(")
    with pytest.raises(ValueError, match=r"xx\.toml.*spent \.\.\. at"):
        make_phrase("xx", "event", "purchase", "spent ... at", "spent 5 at")


def test_no_phrase_file_names_a_bank() -> None:
    folder = Path(phrases.FOLDER)
    text = " ".join(path.read_text(encoding="utf-8").lower() for path in folder.glob("*.toml"))
    assert not [name for name in ("hdfc", "icici", "santander", "barclays") if name in text]
