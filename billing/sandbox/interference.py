"""Faults on demand: rules that say which requests fail, how, and how often. docs/sandbox.md documents them."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

_ACTIONS: Final = re.compile(
    r"(hang|close)_(before|after)|garbage_after|until_close:1\.[01]|status(_after)?:[1-9]\d\d|delay:\d+(\.\d+)?"
)


@dataclass(slots=True)
class Rule:
    """One rule. `times` counts down; None means always. `document` is the body that a `status` sends. A `token` limits
    the rule to requests with it."""

    method: str
    path: str
    times: int | None
    does: str
    document: Any = None
    token: str | None = None

    def matches(self, method: str, path: str, token: str) -> bool:
        """Return whether the rule applies to this request and is not used up."""
        is_meant = self.method in ("*", method) and self.token in (None, token)
        return self.times != 0 and is_meant and re.search(self.path, path) is not None


class Interference:
    """The rules in order. Thread-safe: a rule for one request applies to only one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def replace(self, rows: Iterable[Any]) -> None:
        """Replace all rules. Raise ValueError for an invalid rule."""
        rules = [_rule(row) for row in rows]
        with self._lock:
            self._rules = rules

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def take(self, method: str, path: str, token: str) -> list[Rule]:
        """Return the rules for this request: any delays, then at most one other rule."""
        rules = []
        with self._lock:
            for rule in self._rules:
                if rule.matches(method, path, token):
                    rule.times = None if rule.times is None else rule.times - 1
                    rules.append(rule)
                    if not rule.does.startswith("delay:"):
                        break
        return rules


def _rule(row: Any) -> Rule:
    names = [field.name for field in fields(Rule)]
    if not isinstance(row, dict) or not set(row) <= set(names):
        raise ValueError(f"A rule has only {', '.join(names)}: {row!r}")
    rule = Rule(row.get("method", "*"), row.get("path", ""), row.get("times", 1), str(row.get("does")))
    rule.document, rule.token = row.get("document"), row.get("token")
    if not _ACTIONS.fullmatch(rule.does):
        raise ValueError(f"Unknown value of does: {rule.does!r}.")
    if not (rule.times is None or (isinstance(rule.times, int) and rule.times > 0)):
        raise ValueError("times must be a positive integer, or null for always.")
    try:
        re.compile(rule.path)
    except (re.error, TypeError) as error:
        raise ValueError(f"path must be a regular expression: {error}") from None
    return rule
