"""Charts as geometry for SVG templates. Lengths along the width are percentages, so that a chart
fits every screen while its text keeps its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finance.money import Money

ROW_HEIGHT = 44
MOST_BARS = 8


@dataclass(frozen=True, slots=True)
class Slice:
    """One thing to draw, and where its mark leads."""

    label: str
    value: Money
    href: str


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    value: Money
    href: str
    share: str
    width: str
    text_y: int
    bar_y: int


@dataclass(frozen=True, slots=True)
class BarChart:
    bars: list[Bar]
    total: Money
    height: int


def bar_chart(slices: Sequence[Slice], rest: Slice | None = None) -> BarChart:
    """Bars of positive amounts in one currency, in the order given. What goes beyond MOST_BARS is
    summed into `rest`, whose own value is ignored."""
    shown = list(slices[:MOST_BARS])
    beyond = [piece.value for piece in slices[MOST_BARS:]]
    if beyond and rest is not None:
        shown.append(Slice(rest.label, sum(beyond[1:], start=beyond[0]), rest.href))
    total = sum((piece.value for piece in shown[1:]), start=shown[0].value)
    longest = max(piece.value.minor for piece in shown)
    bars = [
        Bar(
            label=piece.label,
            value=piece.value,
            href=piece.href,
            share=f"{100 * piece.value.minor / total.minor:.0f} %",
            width=f"{100 * piece.value.minor / longest:.2f}%",
            text_y=place * ROW_HEIGHT + 16,
            bar_y=place * ROW_HEIGHT + 24,
        )
        for place, piece in enumerate(shown)
    ]
    return BarChart(bars, total, len(bars) * ROW_HEIGHT)
