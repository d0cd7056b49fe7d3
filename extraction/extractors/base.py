"""What a route of reading is. Pure."""

from __future__ import annotations

from typing import Protocol

from extraction.document import Document
from extraction.reading import Reading


class Extractor(Protocol):
    """One route from a document to a reading; `reading_path` asks them in order."""

    name: str

    def identify(self, document: Document) -> bool:
        """Whether this route may have something to say. Cheap; no promise."""
        ...

    def extract(self, document: Document) -> Reading | None:
        """The reading, or None when this route cannot tell and the next one should try."""
        ...
