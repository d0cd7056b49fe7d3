"""HTML to the text a person reads. Pure: no Django here.

A table row stays on one line (cells apart by a tab), so that a label and its value stay together;
what a mail program would not show (hidden preheaders, scripts, styles) is dropped.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

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
_HIDDEN_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|max-height|opacity)\s*:\s*0(?:\.0+)?(?:px|pt|em|%)?\s*(?:;|!|$)",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \u00a0\r\f\v]+")
_TABS = re.compile(r" *\t[ \t]*")
_NEWLINES = re.compile(r"[ \t]*\n[ \t]*")
_MANY_NEWLINES = re.compile(r"\n{2,}")
# An amount that a designer spread over cells: "$ | 12 | . | 34".
_SPLIT_SYMBOL = re.compile(r"([$€£¥₹₽₺₩₪₫₦₱฿])\t(?=\d)")
_SPLIT_DECIMALS = re.compile(r"(?<=\d)\t?([.,])\t?(?=\d\d(?:\t|\n|$))")


def html_to_text(html: str) -> str:
    """Readable text of an HTML document or fragment; "" when nothing is visible.

    Input beyond MAX_HTML characters is not read.
    """
    root = LexborHTMLParser(html[:MAX_HTML]).body
    if root is None:
        return ""
    return _tidy(_render(root, 0))


def _tidy(text: str) -> str:
    text = _TABS.sub("\t", _SPACES.sub(" ", text))
    text = _MANY_NEWLINES.sub("\n", _NEWLINES.sub("\n", text))
    text = _SPLIT_SYMBOL.sub(r"\1", text)
    return _SPLIT_DECIMALS.sub(r"\1", text).strip()


def _render(node: LexborNode, depth: int) -> str:
    if depth > _MAX_DEPTH:
        return str(node.text(separator=" "))
    parts: list[str] = []
    child = node.child
    while child is not None:
        parts.append(_render_child(child, depth + 1))
        child = child.next
    return "".join(parts)


def _render_child(node: LexborNode, depth: int) -> str:
    tag = node.tag
    if tag == "-text":
        return _SPACES.sub(" ", (node.text_content or "").replace("\n", " ").replace("\t", " "))
    if tag == "br":
        return "\n"
    if tag is None or tag in _SKIPPED or tag.startswith("-") or _is_hidden(node):
        return ""
    if tag == "tr":
        return "\n" + _row(node, depth) + "\n"
    inner = _render(node, depth)
    if tag in _BLOCKS:
        return f"\n{inner}\n"
    return f"\t{inner}\t" if tag in ("td", "th") else inner


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN_STYLE.search(style))


def _row(row: LexborNode, depth: int) -> str:
    """The cells of a row on one line, unless a cell holds a table or a whole paragraph."""
    cells: list[str] = []
    one_line = True
    cell = row.child
    while cell is not None:
        if cell.tag in ("td", "th") and not _is_hidden(cell):
            text = _render(cell, depth + 1).strip()
            if text:
                cells.append(text)
                if "\n" in text and (len(text) > _LONGEST_CELL or cell.css_first("tr")):
                    one_line = False
        cell = cell.next
    if len(cells) < 2 or not one_line:
        return "\n".join(cells)
    return "\t".join(_NEWLINES.sub(" ", _MANY_NEWLINES.sub("\n", cell)) for cell in cells)
