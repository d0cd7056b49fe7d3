"""What the source marks for translation, found without gettext's own programs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

from mail_ingest.presets import presets
from tests.architecture.sources import ROOT, source_files

CATALOGUE = ROOT / "locale" / "de" / "LC_MESSAGES" / "django.po"
SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop", "worded"}
PLURAL = {"ngettext", "ngettext_lazy"}
TEXT = r"u?(?:'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"(?:\b_|\bn?gettext)\(\s*({TEXT})(?:\s*,\s*({TEXT}))?")

Id = str | tuple[str, str]


def german() -> Catalog:
    with CATALOGUE.open("rb") as file:
        return read_po(file, locale="de")


def marked() -> set[Id]:
    """Each message id of the Python sources and the templates; a plural is a pair."""
    found: set[Id] = set()
    for path in source_files():
        found |= set(in_python(path.read_text(encoding="utf-8")))
    for path in (ROOT / "templates").rglob("*.*"):
        found |= set(in_template(path))
    # Anybody may add a mail provider without touching code.
    return found | {preset.password for preset in presets()}


def in_python(source: str) -> Iterator[Id]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        wanted = 1 if node.func.id in SINGLE else 2 if node.func.id in PLURAL else 0
        texts = [part.value for part in node.args[:wanted] if isinstance(part, ast.Constant)]
        if wanted and len(texts) == wanted:
            yield texts[0] if wanted == 1 else (texts[0], texts[1])


def in_template(path: Path) -> Iterator[Id]:
    marks = templatize(path.read_text(encoding="utf-8"), origin=str(path))
    for first, second in IN_TEMPLATE.findall(marks):
        single = ast.literal_eval(first)
        yield (single, ast.literal_eval(second)) if second else single
