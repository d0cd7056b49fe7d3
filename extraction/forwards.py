"""The message inside a forward, as mail programs write it into the body. Pure.

Gmail, Thunderbird, Yahoo and Proton put a line of dashes above it, Apple Mail a sentence (and it
quotes what follows), Outlook nothing at all: there the prefix of the subject tells. The words of
each language are in forwards.toml. Whoever forwards can write what he likes: what is found here
tells how to read a message, never that it may be believed (docs/decisions/0008).
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple

FILE: Final = Path(__file__).parent / "forwards.toml"
# How far down a forward may begin; within another forward, below a note of that length.
FIRST_CHARACTERS: Final = 3_000
NOTE_CHARACTERS: Final = 600
MOST_NESTED: Final = 5
LONGEST_HEADER: Final = 20
LONGEST_LINE: Final = 1_000

Kind = Literal["from", "to", "sent", "subject"]
KINDS: Final[tuple[Kind, ...]] = ("from", "to", "sent", "subject")

DASHED: Final = re.compile(r"[-_=]{2,}\s*(\S.{0,80}?)\s*[-_=]{2,}")
SENTENCE: Final = re.compile(r"(\S.{0,80}?)\s*[:：]")
LABELLED: Final = re.compile(r"[\s*_|]{0,8}(\S[^:：]{0,40}?)[\s*_]{0,8}[:：][\s*_]{0,20}(.*)")
PREFIX: Final = re.compile(r"\s*([^:：\[\]]{1,20}?)\s?[:：]\s*")
ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,190}\.\w{2,24}")
BRACKETED: Final = re.compile(r"[<\[(](?:mailto:)?([\w.+-]{1,64}@[\w.-]{1,190}\.\w{2,24})")
# Mail in Arabic or Hebrew has marks of direction around its labels.
INVISIBLE: Final = re.compile("[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Forward:
    """The innermost message of a forward. `sent` is its date line as it was written; "" and None
    are what the forward does not tell. Nothing of it is proven."""

    sender: str
    sender_name: str | None
    subject: str
    sent: str
    body: str


class _Words(NamedTuple):
    """The words of all languages: a program's lines are often in another one than the mail."""

    marks: frozenset[str]
    labels: dict[str, Kind]
    prefixes: frozenset[str]


@cache
def words() -> _Words:
    languages = tomllib.loads(FILE.read_text(encoding="utf-8")).values()
    return _Words(
        frozenset(_plain(mark) for language in languages for mark in language["marks"]),
        {_plain(word): kind for row in languages for kind in KINDS for word in row[kind]},
        frozenset(_plain(prefix) for language in languages for prefix in language["prefixes"]),
    )


def forward_in(subject: str, body: str) -> Forward | None:
    """What a body forwards, the innermost message where forwards are nested; None when it
    forwards nothing, or does not name whose message that was."""
    found = _outermost(subject, body, FIRST_CHARACTERS)
    for _ in range(MOST_NESTED):
        if found is None:
            break
        inner = _outermost(found.subject, found.body, NOTE_CHARACTERS)
        if inner is None:
            break
        found = inner
    return found


def is_forward(subject: str) -> bool:
    """Whether a subject has the prefix of a forward."""
    match = PREFIX.match(subject)
    return match is not None and _plain(match[1]) in words().prefixes


def without_prefix(subject: str) -> str:
    """A subject without what forwarding has put before it."""
    while (match := PREFIX.match(subject)) and _plain(match[1]) in words().prefixes:
        subject = subject[match.end() :]
    return subject


def _outermost(subject: str, body: str, within: int) -> Forward | None:
    lines = body.split("\n")
    position = 0
    for number, line in enumerate(lines):
        if position > within:
            return None
        position += len(line) + 1
        if _is_mark(line):
            found = _read(lines[number + 1 :], subject, least=1)
        elif is_forward(subject) and _label(line):
            found = _read(lines[number:], subject, least=3)
        else:
            continue
        if found is not None:
            return found
    return None


def _read(lines: list[str], subject: str, *, least: int) -> Forward | None:
    """The message whose header begins in the first lines, if it has `least` lines of one."""
    lines = _unquoted(lines)
    header, end = _header(lines)
    origin = header.get("from") or ""
    addresses = BRACKETED.findall(origin) or ADDRESS.findall(origin)
    if not addresses or len(header) < least:
        return None
    # The last one: what stands before it is a name, which may look like an address.
    address = addresses[-1]
    name = origin[: origin.rfind(address)].removesuffix("mailto:").strip(" \t\"'“”<[(*")
    return Forward(
        sender=address.lower(),
        sender_name=name or None,
        subject=header.get("subject") or without_prefix(subject),
        sent=header.get("sent", ""),
        body="\n".join(lines[end:]).strip(),
    )


def _header(lines: list[str]) -> tuple[dict[Kind, str], int]:
    """The values by kind, and the number of the first line of the body."""
    header: dict[Kind, str] = {}
    last: Kind | None = None
    labels: set[str] = set()
    for number, line in enumerate(lines[:LONGEST_HEADER]):
        found = _label(line)
        if found is not None and _is_new(found, header, labels):
            label, last, value = found
            labels.add(label)
            header.setdefault(last, value)
        elif last is not None and _continues(line, header[last]):
            header[last] = f"{header[last]} {line.strip()}".strip()
        elif line.strip() or (header and not _more_follows(lines, number)):
            return header, number
    return header, min(len(lines), LONGEST_HEADER)


def _is_new(found: tuple[str, Kind, str], header: dict[Kind, str], labels: set[str]) -> bool:
    """Whether a line still belongs to the header. Text made of HTML has no empty line below it, and
    the message may begin with "Date:" itself. Only receivers are named in several lines."""
    label, kind, _ = found
    return kind not in header or (kind == "to" and label not in labels)


def _continues(line: str, value: str) -> bool:
    """Long values are broken over lines; of a table, label and value may be on two lines."""
    if not line.strip():
        return False
    return not value or value.endswith(",") or line[0] in " \t<["


def _more_follows(lines: list[str], number: int) -> bool:
    """Whether an empty line stands between two lines of a header: some programs do that."""
    return number + 1 < len(lines) and _label(lines[number + 1]) is not None


def _label(line: str) -> tuple[str, Kind, str] | None:
    """The label of a header's line, what it stands for, and the value."""
    match = LABELLED.fullmatch(INVISIBLE.sub("", line[:LONGEST_LINE]).lstrip("> "))
    if match is None:
        return None
    label = _plain(match[1])
    kind = words().labels.get(label)
    return (label, kind, match[2].strip()) if kind else None


def _is_mark(line: str) -> bool:
    line = INVISIBLE.sub("", line[:LONGEST_LINE]).strip("*> \t\u00a0\r")
    match = DASHED.fullmatch(line) or SENTENCE.fullmatch(line)
    return match is not None and _plain(match[1]) in words().marks


def _unquoted(lines: list[str]) -> list[str]:
    """Without one level of quoting, where the message below a mark is quoted."""
    first = next((line for line in lines if line.strip()), "")
    if not first.startswith(">"):
        return lines
    return [re.sub(r"^>[ \t]?", "", line) for line in lines]


def _plain(word: str) -> str:
    word = unicodedata.normalize("NFC", word).replace("’", "'").casefold()
    return " ".join(word.split())
