"""A Sankey diagram of money as geometry for SVG: what came in on the left, one stem, what went out
on the right. Widths are in per cent of the drawing, heights in pixels, so that its texts keep
their size on every screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from finance.charts import Slice
from finance.money import Money

HEIGHT = 300
GAP = 6
LABEL_HEIGHT = 34
MOST_NODES = 9
# Where the stem stands, and how broad it and the nodes are.
LEFT, STEM, RIGHT, BREADTH = 0.0, 49.0, 98.0, 2.0


@dataclass(frozen=True, slots=True)
class Node:
    label: str
    value: Money
    href: str
    y: str
    height: str
    text_y: str
    value_y: str
    ribbon: str


@dataclass(frozen=True, slots=True)
class Sankey:
    sources: list[Node]
    uses: list[Node]
    height: int
    stem_y: str
    stem_height: str


def sankey(sources: Sequence[Slice], uses: Sequence[Slice], rest: Slice) -> Sankey | None:
    """Both sides must sum to the same; None when there is nothing. What goes beyond MOST_NODES
    on a side is summed into one with the label and the link of `rest`."""
    left, right = _gathered(sources, rest), _gathered(uses, rest)
    total = sum(piece.value.minor for piece in left)
    if not total:
        return None
    sides = (_placed(left, total), _placed(right, total))
    height = max(HEIGHT, *(int(y + max(h, LABEL_HEIGHT)) + GAP for side in sides for y, h in side))
    stem = (height - HEIGHT) / 2
    return Sankey(
        _nodes(left, sides[0], stem, total, LEFT + BREADTH, STEM),
        _nodes(right, sides[1], stem, total, RIGHT, STEM + BREADTH),
        height, f"{stem:.1f}", f"{HEIGHT:.1f}",
    )  # fmt: skip


def _gathered(pieces: Sequence[Slice], rest: Slice) -> list[Slice]:
    shown, beyond = list(pieces[:MOST_NODES]), list(pieces[MOST_NODES:])
    if beyond:
        values = [piece.value for piece in beyond]
        shown.append(replace(rest, value=sum(values[1:], start=values[0])))
    return shown


def _placed(pieces: Sequence[Slice], total: int) -> list[tuple[float, float]]:
    """Top and height of each node: room enough for its two lines of text."""
    found, y = [], 0.0
    for piece in pieces:
        height = max(HEIGHT * piece.value.minor / total, 1.0)
        found.append((y, height))
        y += max(height, LABEL_HEIGHT) + GAP
    return found


def _nodes(
    pieces: Sequence[Slice], places: Sequence[tuple[float, float]], stem: float, total: int,
    outer: float, inner: float,
) -> list[Node]:  # fmt: skip
    """`outer` is where the ribbons leave the nodes, `inner` where they meet the stem."""
    found, at, middle = [], stem, (outer + inner) / 2
    for piece, (y, height) in zip(pieces, places, strict=True):
        share = HEIGHT * piece.value.minor / total
        ribbon = (
            f"M{outer} {y:.1f}C{middle} {y:.1f} {middle} {at:.1f} {inner} {at:.1f}"
            f"V{at + share:.1f}"
            f"C{middle} {at + share:.1f} {middle} {y + height:.1f} {outer} {y + height:.1f}Z"
        )
        found.append(
            Node(
                piece.label, piece.value, piece.href, f"{y:.1f}", f"{height:.1f}",
                f"{y + 13:.1f}", f"{y + 29:.1f}", ribbon,
            )
        )  # fmt: skip
        at += share
    return found
