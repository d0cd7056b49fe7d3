"""Charts as geometry for SVG templates. Lengths along the width are percentages, so that a chart
fits every screen while its text keeps its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

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


# --- Lines ----------------------------------------------------------------------------------------

LINE_WIDTH = 1000
LINE_HEIGHT = 200


@dataclass(frozen=True, slots=True)
class Band:
    """A span of days under a line, and where it leads. Lengths are of LINE_WIDTH."""

    label: str
    href: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """A balance over days, stepping where it moved. `zero_y` is None where zero is out of sight.
    The drawing is stretched to its place; its texts stand beside it."""

    path: str
    zero_y: str | None
    low: Money
    high: Money
    bands: list[Band]
    width: int = LINE_WIDTH
    height: int = LINE_HEIGHT


def line_chart(
    points: Sequence[tuple[date, Money]], bands: Sequence[tuple[date, date, str, str]]
) -> LineChart:
    """From days in order, at least two, in one currency; `bands` are (first day, last day, label,
    address)."""
    first, last = points[0][0], points[-1][0]
    low = min((money for _, money in points), key=lambda money: money.minor)
    high = max((money for _, money in points), key=lambda money: money.minor)
    floor, span = _room(low.minor, high.minor)
    days = max((last - first).days, 1)

    def x(day: date) -> str:
        return f"{LINE_WIDTH * (day - first).days / days:.1f}"

    def y(minor: int) -> str:
        return f"{LINE_HEIGHT * (1 - (minor - floor) / span):.1f}"

    steps = [f"M{x(first)} {y(points[0][1].minor)}"]
    steps += [f"H{x(day)}V{y(money.minor)}" for day, money in points[1:]]
    areas = []
    for since, until, label, href in bands:
        start, end = float(x(max(since, first))), float(x(min(until + timedelta(1), last)))
        areas.append(Band(label, href, f"{start:.1f}", f"{max(end - start, 1):.1f}"))
    zero = y(0) if floor <= 0 <= floor + span else None
    return LineChart("".join(steps), zero, low, high, areas)


def _room(low: int, high: int) -> tuple[float, float]:
    """The lowest value that is drawn, and how much the height holds: a tenth more than the line
    needs. A line that does not move is drawn in the middle."""
    span = (high - low) * 1.1 or 2.0
    return (low + high - span) / 2, span


SPARK_WIDTH = 100
SPARK_HEIGHT = 24


def sparkline(values: Sequence[int]) -> str:
    """The path of a line over values at equal distances, within SPARK_WIDTH × SPARK_HEIGHT."""
    if len(values) < 2:
        return ""
    floor, span = _room(min(values), max(values))
    step = SPARK_WIDTH / (len(values) - 1)
    places = [
        f"{step * place:.1f} {SPARK_HEIGHT * (1 - (value - floor) / span):.1f}"
        for place, value in enumerate(values)
    ]
    return "M" + "L".join(places)


# --- Pairs of columns -----------------------------------------------------------------------------

PAIR_HEIGHT = 160
LABEL_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Pair:
    """What came in and what went out, both positive, and where the mark leads. `short` stands
    under the columns."""

    short: str
    label: str
    income: Money
    spent: Money
    href: str


@dataclass(frozen=True, slots=True)
class Column:
    """Lengths along the width are percentages."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class ColumnPair:
    pair: Pair
    x: str
    width: str
    middle: str
    income: Column
    spent: Column


@dataclass(frozen=True, slots=True)
class PairChart:
    pairs: list[ColumnPair]
    height: int = PAIR_HEIGHT + LABEL_HEIGHT
    base_y: int = PAIR_HEIGHT
    label_y: int = PAIR_HEIGHT + 17


def pair_chart(pairs: Sequence[Pair]) -> PairChart:
    """Two columns for each month, of amounts in one currency; one that is negative (refunds above
    all spending) has no height."""
    tallest = max([1, *(m.minor for pair in pairs for m in (pair.income, pair.spent))])
    room = 100 / len(pairs)

    def column(minor: int, left: float) -> Column:
        height = PAIR_HEIGHT * max(minor, 0) / tallest
        return Column(
            f"{left:.2f}%", f"{PAIR_HEIGHT - height:.1f}", f"{room * 0.3:.2f}%", f"{height:.1f}"
        )

    return PairChart(
        [
            ColumnPair(
                pair,
                f"{room * place:.2f}%",
                f"{room:.2f}%",
                f"{room * (place + 0.5):.2f}%",
                column(pair.income.minor, room * (place + 0.17)),
                column(pair.spent.minor, room * (place + 0.53)),
            )
            for place, pair in enumerate(pairs)
        ]
    )
