"""Division of an amount into whole parts, in proportion to weights, by the method of the largest remainder.

Parts are integers in the smallest unit, and always sum to the amount. A credit is divided like the same charge.
"""

from __future__ import annotations

from collections.abc import Sequence


def divide(amount: int, weights: Sequence[int]) -> tuple[int, ...] | None:
    """Return the part of each weight; None if the weights sum to 0 and the amount does not.

    Of equal remainders, the first one is rounded up. Weights may be negative, as the lines of an invoice are.
    """
    total = sum(weights)
    if not total:
        return None if amount else (0,) * len(weights)
    if total < 0:
        return divide(amount, [-weight for weight in weights])
    if amount < 0:
        mirrored = divide(-amount, weights)
        return None if mirrored is None else tuple(-part for part in mirrored)
    parts, remainders = zip(*(divmod(amount * weight, total) for weight in weights), strict=True)
    order = sorted(range(len(weights)), key=lambda index: (-remainders[index], index))
    found = list(parts)
    for index in order[: amount - sum(parts)]:
        found[index] += 1
    return tuple(found)
