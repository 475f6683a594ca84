"""Faults on demand: rules say which requests go wrong, how, and how often. docs/sandbox.md has the words."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

_WORDS: Final = re.compile(
    r"(hang|close)_(before|after)|garbage_after|status(_after)?:[1-9]\d\d|delay:\d+(\.\d+)?"
)


@dataclass(slots=True)
class Rule:
    """One rule; `times` counts down and None is for always."""

    method: str
    path: str
    times: int | None
    does: str

    def takes(self, method: str, path: str) -> bool:
        """Whether the rule is meant for this request, and is not used up."""
        return self.times != 0 and self.method in ("*", method) and re.search(self.path, path) is not None


class Interference:
    """The rules, in order. Thread-safe: a rule for one request takes one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def replace(self, rows: Iterable[Any]) -> None:
        """Takes these rules for the present ones. Raises ValueError for a rule that says nothing it knows."""
        rules = [_rule(row) for row in rows]
        with self._lock:
            self._rules = rules

    def listed(self) -> list[dict[str, Any]]:
        """The rules with what is left of their times."""
        with self._lock:
            return [
                {"method": rule.method, "path": rule.path, "times": rule.times, "does": rule.does}
                for rule in self._rules
            ]

    def take(self, method: str, path: str) -> list[str]:
        """What is to be done to this request: any delays, then at most one other thing."""
        taken = []
        with self._lock:
            for rule in self._rules:
                if rule.takes(method, path):
                    rule.times = None if rule.times is None else rule.times - 1
                    taken.append(rule.does)
                    if not rule.does.startswith("delay:"):
                        break
        return taken


def _rule(row: Any) -> Rule:
    if not isinstance(row, dict) or not set(row) <= {"method", "path", "times", "does"}:
        raise ValueError(f"A rule has method, path, times and does: {row!r}")
    rule = Rule(row.get("method", "*"), row.get("path", ""), row.get("times", 1), str(row.get("does")))
    if not _WORDS.fullmatch(rule.does):
        raise ValueError(f"Nobody knows how to do {rule.does!r}.")
    if not (rule.times is None or (isinstance(rule.times, int) and rule.times > 0)):
        raise ValueError("times is a number above 0, or null for always.")
    try:
        re.compile(rule.path)
    except (re.error, TypeError) as error:
        raise ValueError(f"path is a regular expression: {error}") from None
    return rule
