"""The result of a read. `answer` is the answer that can be shown, or None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from billing.altostrat.client import Answer
from billing.altostrat.errors import AltostratError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Live(Generic[T]):
    """Altostrat answered."""

    answer: Answer[T]


@dataclass(frozen=True, slots=True)
class Copied(Generic[T]):
    """A copy of Altostrat's last answer that is seconds old, which the caller accepts instead of a read."""

    answer: Answer[T]


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """Altostrat was unavailable, because of `why`; `answer` is a copy of its last answer."""

    answer: Answer[T]
    why: AltostratError


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer, and no copy that may replace it."""

    error: AltostratError
    answer: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Late(Generic[T]):
    """The answer did not arrive in time. `answer` is a copy of the last one, if there is one."""

    answer: Answer[T] | None


Result = Live[Any] | Copied[Any] | Kept[Any] | Failed | Late[Any]
