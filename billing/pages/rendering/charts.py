"""A column chart as numbers: what templates/billing/invoices/spend/chart.html draws, without any style of its own.

Everything is computed with integers: an amount may be larger than a float can hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billing import amounts

# In pixels, nearly: the widths of a phone, of a panel and of a page.
SHAPES: Final[Mapping[str, tuple[int, int]]] = {
    "narrow": (330, 230),
    "medium": (680, 250),
    "wide": (1220, 300),
}
_TOP: Final = 14
_BOTTOM: Final = 30
_RIGHT: Final = 6
_LETTER: Final = 7
_MOST_TICKS: Final = 4
_WIDEST: Final = 60
_UNITS: Final = ((12, "tn"), (9, "bn"), (6, "M"))


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a column, in the chart's own units."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Label:
    """A word at a place."""

    text: str
    at: float


@dataclass(frozen=True, slots=True)
class Chart:
    """`shape` says how much room it needs, `key` makes its ids; `ticks` are lines across with their amounts, `zero` is
    the line that columns stand on."""

    shape: str
    key: str
    width: int
    height: int
    left: int
    zero: float
    parts: tuple[Part, ...]
    ticks: tuple[Label, ...]
    labels: tuple[Label, ...]

    @property
    def right(self) -> int:
        """Where the plot ends."""
        return self.width - _RIGHT

    @property
    def foot(self) -> int:
        """Where the labels of the columns stand."""
        return self.height - 8


def columns(
    key: str,
    shape: str,
    rows: Sequence[tuple[str, Mapping[str, int]]],
    currency: str,
) -> Chart:
    """Columns of stacked amounts by kind, each row with its label; below zero they hang down."""
    width, height = SHAPES[shape]
    highest = max((_sum(row, 1) for _, row in rows), default=0)
    lowest = min((_sum(row, -1) for _, row in rows), default=0)
    step = _step(max(highest, 0) - min(lowest, 0))
    top, bottom = -(-max(highest, 0) // step) * step, min(lowest, 0) // step * step
    span, plot = max(top - bottom, 1), height - _TOP - _BOTTOM
    ticks = [(_short(value, currency), value) for value in range(bottom, top + 1, step)]
    left = _LETTER * max(len(text) for text, _ in ticks) + 10

    def y(value: int) -> float:
        return _TOP + (top - value) * plot * 100 // span / 100

    slot = (width - left - _RIGHT) / max(len(rows), 1)
    parts: list[Part] = []
    for number, (_, row) in enumerate(rows):
        up = down = 0
        for kind, amount in row.items():
            start = up if amount > 0 else down
            end = start + amount
            upper, lower = y(max(start, end)), y(min(start, end))
            if amount:
                wide = min(slot * 0.68, _WIDEST)
                x = left + slot * (number + 0.5) - wide / 2
                parts.append(
                    Part(kind, round(x, 2), round(upper, 2), round(wide, 2), round(max(lower - upper, 1), 2))
                )
            up, down = (end, down) if amount > 0 else (up, end)
    every = -(-len(rows) * 34 // max(int(width - left), 1)) or 1
    labels = [
        Label(text, round(left + slot * (number + 0.5), 2))
        for number, (text, _) in enumerate(rows)
        if (len(rows) - 1 - number) % every == 0
    ]
    marks = tuple(Label(text, y(value)) for text, value in ticks)
    return Chart(shape, f"{key}-{shape}", width, height, left, y(0), tuple(parts), marks, tuple(labels))


def _sum(row: Mapping[str, int], sign: int) -> int:
    """What stands above (or hangs below) the line."""
    return sum(amount for amount in row.values() if amount * sign > 0)


def _step(span: int) -> int:
    """The distance of the lines: 1, 2 or 5 and noughts, so that there are few."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if span <= digit * power * _MOST_TICKS:
                return digit * power
        power *= 10


def _short(minor: int, currency: str) -> str:
    """ "1,200", "2.5M": an amount for a line, which is round. The currency is in the title."""
    text = amounts.plain(minor, currency)
    whole, _, fraction = text.partition(".")
    digits = whole.lstrip("-")
    if len(digits) > 15:
        return f"{whole[: len(whole) - len(digits) + 1]}e{len(digits) - 1}"
    for power, unit in _UNITS:
        if len(digits) > power:
            rest = digits[-power:].rstrip("0")
            return f"{whole[:-power]}{'.' + rest if rest else ''}{unit}".replace("-", amounts.MINUS)
    shown = f"{int(whole):,}" if not fraction.strip("0") else text
    return shown.replace("-", amounts.MINUS)
