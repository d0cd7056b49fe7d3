"""HTML to the text a person reads. Pure: no Django here.

A table row stays on one line (cells apart by a tab), so that a label and its value stay together;
what a mail program would not show (hidden preheaders, scripts, styles) is dropped, see
`html_style`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from mail_ingest.html_style import Look, Sheet, first_look, look_of

MAX_HTML = 2_000_000
_MAX_DEPTH = 120
_LONGEST_CELL = 160

_SKIPPED = frozenset([
    "head", "script", "style", "title", "template", "noscript", "svg", "object", "iframe",
    "select", "option", "_comment",
])  # fmt: skip
_BLOCKS = frozenset([
    "p", "div", "section", "article", "header", "footer", "main", "aside", "nav", "h1", "h2",
    "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "table", "tbody", "thead",
    "tfoot", "blockquote", "pre", "hr", "form", "fieldset", "address", "center", "figure",
    "caption",
])  # fmt: skip
_SPACES = re.compile(r"[ \u00a0\r\f\v]+")
_TABS = re.compile(r" *\t[ \t]*")
_NEWLINES = re.compile(r"[ \t]*\n[ \t]*")
_MANY_NEWLINES = re.compile(r"\n{2,}")
# An amount that a designer spread over cells: "$ | 12 | . | 34".
_SPLIT_SYMBOL = re.compile(r"([$€£¥₹₽₺₩₪₫₦₱฿])\t(?=\d)")
_SPLIT_DECIMALS = re.compile(r"(?<=\d)\t?([.,])\t?(?=\d\d(?:\t|\n|$))")


# A message is screened by its text and read by the same text right after.
@lru_cache(maxsize=2)
def html_to_text(html: str) -> str:
    """Readable text of an HTML document or fragment; "" when nothing is visible.

    Input beyond MAX_HTML characters is not read.
    """
    page = LexborHTMLParser(html[:MAX_HTML])
    if page.body is None:
        return ""
    sheet = Sheet(page)
    return _tidy(_Renderer(sheet).inside(page.body, first_look(sheet), 0))


def _tidy(text: str) -> str:
    text = _TABS.sub("\t", _SPACES.sub(" ", text))
    text = _MANY_NEWLINES.sub("\n", _NEWLINES.sub("\n", text))
    text = _SPLIT_SYMBOL.sub(r"\1", text)
    return _SPLIT_DECIMALS.sub(r"\1", text).strip()


@dataclass(frozen=True, slots=True)
class _Renderer:
    """Walks the elements, each with the look that its text has."""

    sheet: Sheet

    def inside(self, node: LexborNode, around: Look, depth: int) -> str:
        look = look_of(node, around, self.sheet)
        if not look.is_seen:
            return ""
        if depth > _MAX_DEPTH:
            return self._flat(node, look)
        parts: list[str] = []
        child = node.child
        while child is not None:
            parts.append(self._child(child, look, depth + 1))
            child = child.next
        return "".join(parts)

    def _child(self, node: LexborNode, look: Look, depth: int) -> str:
        tag = node.tag
        if tag == "-text":
            return _text(node) if look.shows_text() else " "
        if tag == "br":
            return "\n"
        if tag is None or tag in _SKIPPED or tag.startswith("-"):
            return ""
        if tag == "tr":
            return "\n" + self._row(node, look, depth) + "\n"
        inner = self.inside(node, look, depth)
        if tag in _BLOCKS:
            return f"\n{inner}\n"
        return f"\t{inner}\t" if tag in ("td", "th") else inner

    def _row(self, row: LexborNode, around: Look, depth: int) -> str:
        """The cells of a row on one line, unless a cell holds a table or a whole paragraph."""
        look = look_of(row, around, self.sheet)
        if not look.is_seen:
            return ""
        cells: list[str] = []
        one_line = True
        cell = row.child
        while cell is not None:
            if cell.tag in ("td", "th") and (text := self.inside(cell, look, depth + 1).strip()):
                cells.append(text)
                if "\n" in text and (len(text) > _LONGEST_CELL or cell.css_first("tr")):
                    one_line = False
            cell = cell.next
        if len(cells) < 2 or not one_line:
            return "\n".join(cells)
        return "\t".join(_NEWLINES.sub(" ", _MANY_NEWLINES.sub("\n", cell)) for cell in cells)

    def _flat(self, node: LexborNode, look: Look) -> str:
        """Nested deeper than Python may call: the words alone, without rows and lines."""
        words: list[str] = []
        waiting = [(node, look)]
        while waiting:
            node, look = waiting.pop()
            if node.tag == "-text":
                words.append(_text(node) if look.shows_text() else " ")
                continue
            children = []
            child = node.child
            while child is not None:
                inner = look if child.tag == "-text" else look_of(child, look, self.sheet)
                if inner.is_seen and child.tag not in _SKIPPED:
                    children.append((child, inner))
                child = child.next
            waiting += reversed(children)
        return " ".join(words)


def _text(node: LexborNode) -> str:
    return _SPACES.sub(" ", (node.text_content or "").replace("\n", " ").replace("\t", " "))
