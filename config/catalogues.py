"""Compiles the message catalogues: `locale/*/LC_MESSAGES/*.po` into the `.mo` that Django reads.

`make` and the image call it, so that a fresh machine needs no gettext; git keeps only the `.po`.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).resolve().parents[1] / "locale"


def compile_outdated(locales: Path = LOCALES) -> list[Path]:
    """Compile each catalogue that is newer than its compiled form, fuzzy messages left out.
    Gives the files written; each appears whole, so that several processes may do it at once."""
    sources = sorted(locales.glob("*/LC_MESSAGES/*.po"))
    return [_compile(source) for source in sources if _is_outdated(source)]


def _is_outdated(source: Path) -> bool:
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime


def _compile(source: Path) -> Path:
    with source.open("rb") as text:
        catalogue = read_po(text, locale=source.parents[1].name)
    compiled = source.with_suffix(".mo")
    with NamedTemporaryFile(dir=source.parent, suffix=".tmp", delete=False) as file:
        write_mo(file, catalogue)
    written = Path(file.name)
    written.chmod(0o644)
    return written.replace(compiled)


if __name__ == "__main__":
    compile_outdated()
