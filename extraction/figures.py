"""The figures of an evaluation: rates of groups of scored messages. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from extraction.reading import Reading

Row = dict[str, Any]
FIELDS = (
    "amount", "currency", "direction", "merchant", "account_last4", "balance", "reference", "date",
)  # fmt: skip

# Where a person might set the threshold above which a reading books itself.
THRESHOLDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.97)


class Scored(Protocol):
    """One message, read and compared (see `evaluation.Scored`)."""

    @property
    def reading(self) -> Reading: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def booked(self) -> bool: ...
    @property
    def booked_right(self) -> bool: ...
    @property
    def found(self) -> bool: ...
    @property
    def true(self) -> bool: ...


S = TypeVar("S", bound=Scored)


def grouped(items: Iterable[S], key: Callable[[S], str]) -> dict[str, list[S]]:
    groups: dict[str, list[S]] = defaultdict(list)
    for item in items:
        groups[key(item)].append(item)
    return dict(sorted(groups.items()))


def summaries(items: Iterable[S], key: Callable[[S], str]) -> dict[str, Row]:
    return {name: summary(group) for name, group in grouped(items, key).items()}


def risk_coverage(items: Sequence[Scored]) -> list[Row]:
    """For each threshold of confidence: the share of all movements whose reading reaches it, and
    of those readings the share that is wrong in amount, currency or direction, or no movement."""
    true = sum(item.true for item in items)
    points: list[Row] = []
    for threshold in THRESHOLDS:
        above = [item for item in items if item.found and _confidence(item) >= threshold]
        wrong = sum(not _is_right(item) for item in above)
        points.append(
            {
                "confidence": threshold,
                "coverage": _rate(sum(item.true for item in above), true),
                "risk": round(wrong / len(above), 4) if above else 0.0,
            }
        )
    return points


def _confidence(item: Scored) -> float:
    return max((made.confidence for made in item.reading.candidates), default=0.0)


def _is_right(item: Scored) -> bool:
    keys = [name for name in ("amount", "currency", "direction") if name in item.fields]
    return item.true and all(item.fields[name] == "right" for name in keys)


def summary(items: Iterable[Scored]) -> Row:
    """Figures of one group of messages."""
    group = list(items)
    found = [item for item in group if item.found]
    true = [item for item in group if item.true]
    both = sum(1 for item in found if item.true)
    booked = [item for item in group if item.booked]
    return {
        "n": len(group),
        "detection": {"precision": _rate(both, len(found)), "recall": _rate(both, len(true))},
        "fields": {name: _field_summary(name, group) for name in FIELDS},
        "autobook": {
            "share": _rate(sum(item.true for item in booked), len(true)),
            "right": _rate(sum(item.booked_right for item in booked), len(booked)),
        },
    }


def _field_summary(name: str, group: list[Scored]) -> Row:
    states = [item.fields[name] for item in group if name in item.fields]
    return {
        "n": len(states),
        "exact": _rate(states.count("right"), len(states)),
        "missing": _rate(states.count("missing"), len(states)),
    }


def _rate(part: int, whole: int) -> float:
    """A rate; 1 of nothing is 1, so that an empty group does not look like a failure."""
    return round(part / whole, 4) if whole else 1.0


def macro(summaries: list[Row], total: int) -> Row:
    """The mean over banks of each figure, over the banks that have such a figure."""

    def mean(values: list[float]) -> float:
        return round(sum(values) / len(values), 4) if values else 1.0

    fields: Row = {}
    for name in FIELDS:
        having = [item["fields"][name] for item in summaries if item["fields"][name]["n"]]
        fields[name] = {
            "n": sum(item["n"] for item in having),
            "exact": mean([item["exact"] for item in having]),
            "missing": mean([item["missing"] for item in having]),
        }
    return {
        "n": total,
        "detection": {
            key: mean([item["detection"][key] for item in summaries])
            for key in ("precision", "recall")
        },
        "fields": fields,
        "autobook": {
            key: mean([item["autobook"][key] for item in summaries]) for key in ("share", "right")
        },
    }
