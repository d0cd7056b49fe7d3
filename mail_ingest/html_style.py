"""What of a mail's styles decides whether a person sees a text. Pure: no Django here.

Mail hides text in many ways: preheaders, spacers, and what a forger would have a program read but
no person see. `Look` is what a text inherits from the elements around it; `look_of` is the look
inside one more element. CSS 2.1 and what mail programs support of it; where a rule is too
intricate for us (selectors of several parts, media queries), it is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_AT_BLOCK = re.compile(r"@[^{};]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SIMPLE = re.compile(r"(?:[a-z][a-z0-9]*)?[.#]?[\w-]+", re.IGNORECASE)
_LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))\s*(px|pt|em|rem|ex|%|vw|vh|in|cm)?")
_HEX = re.compile(r"#([0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b")
_RGB = re.compile(r"rgba?\(\s*(\d+)[\s,]+(\d+)[\s,]+(\d+)")
_NAMED = {
    "white": (255, 255, 255), "black": (0, 0, 0), "snow": (255, 250, 250),
    "ivory": (255, 255, 240), "whitesmoke": (245, 245, 245), "ghostwhite": (248, 248, 255),
    "red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "navy": (0, 0, 128),
    "gray": (128, 128, 128), "grey": (128, 128, 128), "silver": (192, 192, 192),
    "yellow": (255, 255, 0), "orange": (255, 165, 0), "maroon": (128, 0, 0),
}  # fmt: skip
# Ink and ground that differ by less in each channel are one colour to the eye.
_ALIKE = 12
_MOST_RULES = 2_000
# Below this nobody reads.
_SMALLEST_PX = 2.0
_FAR_PX = -400.0
_IN_PX = {
    "": 1.0, "px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "ex": 8.0, "vw": 10.0, "vh": 10.0,
    "in": 96.0, "cm": 38.0,
}  # fmt: skip
_CUT = "rect(0"

Colour = tuple[int, ...]
_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Look:
    """How a text is shown. `ink` and `ground` are RGB; None is a colour that we cannot tell."""

    is_seen: bool = True
    is_legible: bool = True
    ink: Colour | None = None
    ground: Colour | None = _WHITE

    def shows_text(self) -> bool:
        """Whether a person can read a text right here; elements further inside may differ."""
        if not self.is_legible:
            return False
        if self.ink is None or self.ground is None:
            return True
        return any(abs(a - b) > _ALIKE for a, b in zip(self.ink, self.ground, strict=False))


class Sheet:
    """The rules of a document's own style sheets whose selector is a class, an id or a tag."""

    def __init__(self, root: LexborHTMLParser) -> None:
        self.rules: dict[str, str] = {}
        self.paints = False
        css = " ".join(node.text() for node in root.css("style"))
        if css:
            self._read(_AT_BLOCK.sub(" ", _COMMENT.sub(" ", css.replace("<!--", " "))))

    def _read(self, css: str) -> None:
        for selectors, body in _RULE.findall(css)[:_MOST_RULES]:
            body = body.strip().lower()
            self.paints = self.paints or "background" in body
            for selector in selectors.split(","):
                name = selector.strip().lower()
                if _SIMPLE.fullmatch(name):
                    self.rules[name] = f"{self.rules.get(name, '')};{body}"

    def of(self, tag: str, attributes: dict[str, str | None]) -> str:
        """The declarations that meet an element, without those of its own style attribute."""
        if not self.rules:
            return ""
        rules = self.rules
        found = [rules.get(tag)]
        for name in (attributes.get("class") or "").lower().split():
            found += [rules.get(f".{name}"), rules.get(f"{tag}.{name}")]
        if own := attributes.get("id"):
            found += [rules.get(f"#{own.lower()}"), rules.get(f"{tag}#{own.lower()}")]
        return ";".join(filter(None, found))


def first_look(sheet: Sheet) -> Look:
    """The page before any element: black on white, unless a sheet paints in ways not followed."""
    return Look(ground=None) if sheet.paints else Look()


def look_of(node: LexborNode, around: Look, sheet: Sheet) -> Look:
    """The look inside an element."""
    attributes = node.attributes
    if not attributes and not sheet.rules:
        return around
    if "hidden" in attributes:
        return replace(around, is_seen=False)
    # Old attributes count as declarations that come first.
    style = [sheet.of(node.tag or "", attributes), attributes.get("style")]
    if ink := attributes.get("color"):
        style.insert(0, f"color:{ink}")
    if ground := attributes.get("bgcolor"):
        style.insert(0, f"background-color:{ground}")
    if attributes.get("background"):
        style.insert(0, "background-image:url()")
    text = ";".join(filter(None, style))
    return _inside(around, text.lower()) if text else around


@lru_cache(maxsize=4096)
def _inside(around: Look, style: str) -> Look:
    """A mail repeats its few styles over and over."""
    said = _declarations(style)
    ink = said.get("color")
    return Look(
        is_seen=around.is_seen and not _hides(said),
        is_legible=_is_legible(said, around),
        ink=around.ink if ink is None or ink == "inherit" else colour_of(ink),
        ground=_ground(said, around),
    )


def _declarations(style: str) -> dict[str, str]:
    """Property and value; later ones win, and important ones over all."""
    said: dict[str, str] = {}
    important: dict[str, str] = {}
    for declaration in _COMMENT.sub("", style).split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            value, bang, _ = value.partition("!")
            (important if bang else said)[name.strip()] = value.strip()
    return said | important


def _hides(said: dict[str, str]) -> bool:
    if said.get("display") == "none" or said.get("visibility") in ("hidden", "collapse"):
        return True
    if said.get("mso-hide") == "all" or "override" in said.get("unicode-bidi", ""):
        return True
    if (opacity := said.get("opacity")) and _number(opacity) < 0.1:
        return True
    return _is_boxed_away(said) or _is_off_screen(said)


def _is_boxed_away(said: dict[str, str]) -> bool:
    if _length(said.get("max-height")) == 0 or _length(said.get("max-width")) == 0:
        return True
    cuts = "hidden" in said.get("overflow", "") or "clip" in said.get("overflow", "")
    boxes = (_length(said.get("height")), _length(said.get("width")))
    if cuts and any(box is not None and box < _SMALLEST_PX for box in boxes):
        return True
    squeezed = re.search(r"scale[xy]?\(\s*0(?:\.0+)?\s*[,)]", said.get("transform", ""))
    clipped = said.get("clip-path", "") + said.get("clip", "")
    return bool(squeezed) or "inset(50%" in clipped or "inset(100%" in clipped or _CUT in clipped


def _is_off_screen(said: dict[str, str]) -> bool:
    names = ["text-indent", "margin-left", "margin-top"]
    if said.get("position") in ("absolute", "fixed", "relative"):
        names += ["left", "top"]
    return any((_length(said.get(name)) or 0) <= _FAR_PX for name in names)


def _is_legible(said: dict[str, str], around: Look) -> bool:
    size = said.get("font-size")
    if size is None and (font := said.get("font")):
        size = next((part for part in font.split() if part[:1].isdigit()), None)
    if size is None:
        return around.is_legible
    if size.endswith(("%", "em")) and not size.endswith("rem"):
        return around.is_legible and _number(size) > 0.1  # a part of what is around it
    length = _length(size)
    return length is None or length >= _SMALLEST_PX


def _ground(said: dict[str, str], around: Look) -> Colour | None:
    if "url(" in said.get("background-image", "") or "gradient(" in said.get("background", ""):
        return None
    value = said.get("background-color") or said.get("background")
    if value is None or value in ("inherit", "none", "transparent", "initial"):
        return around.ground
    return None if "url(" in value else colour_of(value)


def colour_of(value: str) -> Colour | None:
    """The RGB of a CSS colour in a value; None where there is none, or one that we don't know."""
    if found := _HEX.search(value):
        digits = found[1] if len(found[1]) > 4 else "".join(digit * 2 for digit in found[1])
        return tuple(int(digits[at : at + 2], 16) for at in (0, 2, 4))
    if found := _RGB.search(value):
        return tuple(min(int(channel), 255) for channel in found.groups()[:3])
    return next((_NAMED[word] for word in value.split() if word in _NAMED), None)


def _number(value: str) -> float:
    found = _LENGTH.match(value.strip())
    if found is None:
        return 1.0
    return float(found[1]) / (100 if found[2] == "%" else 1)


def _length(value: str | None) -> float | None:
    """A length in pixels, as near as it matters; None for none, and for parts of something."""
    found = _LENGTH.match(value) if value else None
    if found is None:
        return None
    number = float(found[1])
    if number == 0:
        return 0.0
    scale = _IN_PX.get(found[2] or "")
    return None if scale is None else number * scale
