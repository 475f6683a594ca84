"""The geometry of a column chart, which templates/billing/invoices/spend/chart.html draws as SVG.

Amounts stay integers until they are scaled, since they may be larger than a float can hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billing import amounts

# Width and height for a phone, a panel and a page, in about pixels.
SHAPES: Final[Mapping[str, tuple[int, int]]] = {
    "narrow": (330, 230),
    "medium": (680, 250),
    "wide": (1220, 300),
}
_TOP: Final = 14
_BOTTOM: Final = 30
_RIGHT: Final = 6
_CHARACTER_WIDTH: Final = 7
_LABEL_WIDTH: Final = 34
_MAX_TICKS: Final = 4
_MAX_COLUMN_WIDTH: Final = 60
_UNITS: Final = ((12, "tn"), (9, "bn"), (6, "M"))


@dataclass(frozen=True, slots=True)
class Part:
    """One segment of a stacked column."""

    kind: str
    x: float
    y: float
    width: float
    height: float

    @property
    def path(self) -> str:
        return f"M{self.x:g} {self.y:g}h{self.width:g}v{self.height:g}h{-self.width:g}z"


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    at: float

    @property
    def position(self) -> str:
        return f"{self.at:g}"


@dataclass(frozen=True, slots=True)
class Chart:
    """`key` makes element ids unique, `ticks` are the horizontal lines, `zero` is the height of the base line."""

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
    def viewbox(self) -> str:
        return f"0 0 {self.width} {self.height}"

    @property
    def columns(self) -> dict[str, str]:
        """The path of all segments of each kind."""
        paths: dict[str, str] = {}
        for part in self.parts:
            paths[part.kind] = paths.get(part.kind, "") + part.path
        return paths

    @property
    def grid(self) -> str:
        """The path of the horizontal lines."""
        return "".join(map(self._line, (tick.at for tick in self.ticks)))

    @property
    def base(self) -> str:
        """The path of the base line."""
        return self._line(self.zero)

    @property
    def tick_offset(self) -> str:
        """The end of the labels of the lines, and the distance of their baselines below the lines."""
        return f"{self.left - 8} 4"

    @property
    def label_offset(self) -> str:
        return f"0 {self.height - 8}"

    def _line(self, at: float) -> str:
        return f"M{self.left} {at:g}H{self.width - _RIGHT}"


def column_chart(
    key: str,
    shape: str,
    rows: Sequence[tuple[str, Mapping[str, int]]],
    currency: str,
) -> Chart:
    """Return a column per row, which is a label and amounts by kind. Negative amounts go below the base line."""
    width, height = SHAPES[shape]
    bottom, top, step = _scale([row for _, row in rows])
    ticks = [(_short(value, currency), value) for value in range(bottom, top + 1, step)]
    left = _CHARACTER_WIDTH * max(len(text) for text, _ in ticks) + 10
    plot_height = height - _TOP - _BOTTOM
    slot = (width - left - _RIGHT) / max(len(rows), 1)
    column_width = min(slot * 0.68, _MAX_COLUMN_WIDTH)

    def y(value: int) -> float:
        return _TOP + (top - value) * plot_height * 100 // max(top - bottom, 1) / 100

    def center(number: int) -> float:
        return left + slot * (number + 0.5)

    parts = tuple(
        Part(
            kind,
            round(center(number) - column_width / 2, 2),
            round(y(high), 2),
            round(column_width, 2),
            round(max(y(low) - y(high), 1), 2),
        )
        for number, (_, row) in enumerate(rows)
        for kind, low, high in _stack(row)
    )
    every = -(-len(rows) * _LABEL_WIDTH // max(int(width - left), 1)) or 1
    labels = tuple(
        Label(text, round(center(number), 2))
        for number, (text, _) in enumerate(rows)
        if (len(rows) - 1 - number) % every == 0
    )
    marks = tuple(Label(text, y(value)) for text, value in ticks)
    return Chart(shape, f"{key}-{shape}", width, height, left, y(0), parts, marks, labels)


def _scale(rows: Sequence[Mapping[str, int]]) -> tuple[int, int, int]:
    """Return the lowest line, the highest line, and the distance between lines."""
    highest = max((_sum(row, 1) for row in rows), default=0)
    lowest = min((_sum(row, -1) for row in rows), default=0)
    step = _step(highest - lowest)
    return lowest // step * step, -(-highest // step) * step, step


def _stack(row: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    """Yield the kind, the lower and the upper end of each segment, outward from the base line."""
    up = down = 0
    for kind, amount in row.items():
        if amount > 0:
            yield kind, up, up + amount
            up += amount
        elif amount < 0:
            yield kind, down + amount, down
            down += amount


def _sum(row: Mapping[str, int], sign: int) -> int:
    """Return the sum of the positive (or negative) amounts."""
    return sum(amount for amount in row.values() if amount * sign > 0)


def _step(span: int) -> int:
    """Return the distance between lines: 1, 2 or 5 times a power of ten, so that there are few lines."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            if span <= digit * power * _MAX_TICKS:
                return digit * power
        power *= 10


def _short(minor: int, currency: str) -> str:
    """Return "1,200", "2.5M": a round amount without its currency, which the title of the chart names."""
    text = amounts.plain(minor, currency)
    units, _, fraction = text.partition(".")
    digits = units.lstrip("-")
    if len(digits) > 15:
        return f"{units[: len(units) - len(digits) + 1]}e{len(digits) - 1}"
    for power, unit in _UNITS:
        if len(digits) > power:
            rest = digits[-power:].rstrip("0")
            return f"{units[:-power]}{'.' + rest if rest else ''}{unit}".replace("-", amounts.MINUS)
    short = f"{int(units):,}" if not fraction.strip("0") else text
    return short.replace("-", amounts.MINUS)
