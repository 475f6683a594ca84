"""The filter of a list of accounts, as typed and as part of the URL: `status:past_due -country:ZA "big bay"`.

Terms are separated by blanks, and an account must match all of them. `operator:value` compares one property,
`operator:a,b` accepts either value, a minus negates, and quotes keep blanks together. A term without an operator is
searched in name, email and id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from billing.folding import fold, plain, spellings
from billing.services.scans.search_index import Entry

_TERM: Final = re.compile(r'(?P<not>-)?(?:(?P<operator>[A-Za-z_]+):)?(?P<value>(?:"[^"]*"|[^\s"])*)')
_MAX_LENGTH: Final = 500


class InvalidFilter(ValueError):
    """The message says which part is wrong, and what is available."""


def _equals(read: Callable[[Entry], str]) -> Callable[[Entry, str], bool]:
    return lambda entry, value: fold(read(entry)) == fold(value)


def _contains(*read: Callable[[Entry], str]) -> Callable[[Entry, str], bool]:
    return lambda entry, value: any(
        wanted in text for one in read for text in spellings(one(entry)) for wanted in spellings(value)
    )


_COMPARISONS: Final[Mapping[str, Callable[[Entry, str], bool]]] = MappingProxyType(
    {
        "currency": _equals(lambda entry: entry.currency),
        "country": _equals(lambda entry: entry.country),
        "mode": _equals(lambda entry: entry.billing_mode),
        "workspace": _contains(lambda entry: entry.workspace_id, lambda entry: entry.workspace_name),
        "name": _contains(lambda entry: entry.name),
        "email": _contains(lambda entry: entry.email),
        "id": _equals(lambda entry: entry.id),
        "": _contains(lambda entry: entry.name, lambda entry: entry.email, lambda entry: entry.id),
    }
)
OPERATORS: Final = ("status", *(name for name in _COMPARISONS if name))


@dataclass(frozen=True, slots=True)
class Term:
    """Any of the values must match; if negated, none."""

    operator: str
    values: tuple[str, ...]
    is_negated: bool

    def matches(self, entry: Entry, statuses: Collection[str]) -> bool:
        if self.operator == "status":
            found = any(value in statuses for value in self.values)
        else:
            found = any(_COMPARISONS[self.operator](entry, value) for value in self.values)
        return found is not self.is_negated


@dataclass(frozen=True, slots=True)
class Filter:
    """All terms must match."""

    terms: tuple[Term, ...] = ()

    def matches(self, entry: Entry, statuses: Collection[str]) -> bool:
        return all(term.matches(entry, statuses) for term in self.terms)

    def may_match(self, entry: Entry) -> bool:
        """Whether an account might match if its status could not be read."""
        return all(term.matches(entry, ()) for term in self.terms if term.operator != "status")

    def may_match_workspace(self, workspace_id: str) -> bool:
        """Whether a workspace may match whose name and accounts could not be read."""
        entry = Entry("workspace", "", "", workspace_id, "")
        return not any(
            not term.matches(entry, ()) and (term.is_negated or all(map(_is_workspace_id, term.values)))
            for term in self.terms
            if workspace_id and term.operator == "workspace"
        )


def _is_workspace_id(text: str) -> bool:
    return text.startswith("ws_")


def parse(text: str, statuses: Collection[str] | None = None) -> Filter:
    """Parse a filter. `statuses` are the valid values of `status:`, if they are known. Raises InvalidFilter."""
    if len(text) > _MAX_LENGTH:
        raise InvalidFilter(f"The filter is longer than {_MAX_LENGTH} characters.")
    if plain(text).count('"') % 2:
        raise InvalidFilter("A closing quotation mark is missing.")
    terms = tuple(_term(match) for match in _TERM.finditer(plain(text)) if match[0])
    if statuses is not None:
        _check_statuses(terms, statuses)
    return Filter(terms)


def _check_statuses(terms: Iterable[Term], statuses: Collection[str]) -> None:
    requested = (value for term in terms if term.operator == "status" for value in term.values)
    unknown = next((value for value in requested if value not in statuses), None)
    if unknown is not None:
        raise InvalidFilter(f"Unknown status “{unknown}”. Available: {', '.join(sorted(statuses))}")


def _term(match: re.Match[str]) -> Term:
    operator = (match["operator"] or "").lower()
    if operator and operator not in OPERATORS:
        available = ", ".join(f"{name}:" for name in OPERATORS)
        raise InvalidFilter(f"Unknown operator “{operator}:”. Available: {available}")
    text = match["value"]
    # A comma separates the values of an operator, unless it is quoted. Elsewhere it is an ordinary character.
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text) if operator else [text]
    values = tuple(value for part in parts if fold(value := part.replace('"', "").strip().lower()))
    if not values:
        name = f"{operator}:" if operator else match[0]
        raise InvalidFilter(f"“{name}” needs a value.")
    return Term(operator, values, bool(match["not"]))
