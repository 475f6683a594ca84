"""The filter of a list of accounts, as typed and as part of the URL: `status:past_due -country:ZA "big bay"`.

Terms are separated by blanks, and an account must match all of them. `operator:value` compares one property,
`operator:a,b` accepts either value, a minus negates, and quotes keep blanks together. A term without an operator is
searched in name, email and id. A country or currency has its code or its name, and an id may be cut off at its end. An
assignee has a part of their name, or is "me" or "none".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from billing.amounts import currency_name
from billing.countries import country_name
from billing.folding import fold, plain, spellings
from billing.services.follow_ups.assignees import Assignee, is_wanted
from billing.services.scans.search_index import Entry

_TERM: Final = re.compile(r'(?P<not>-)?(?:(?P<operator>[A-Za-z_]+):)?(?P<value>(?:"[^"]*"|[^\s"])*)')
_MAX_LENGTH: Final = 500
_PREFIX: Final = len("cus_")
_ASSIGNEE: Final = "assignee"

Assignees = Mapping[tuple[str, str], Assignee]


def examples(entries: Iterable[Entry], statuses: Collection[str], assignee: str = "") -> tuple[str, ...]:
    """Return terms that match some of these accounts, one for each of several operators, with the first values."""
    accounts = sorted(entries, key=lambda entry: (entry.name.casefold(), entry.id))
    values = {
        "status": min(statuses, default=""),
        "country": min(filter(None, (country_name(one.country) for one in accounts)), default=""),
        "-currency": min(filter(None, (one.currency for one in accounts)), default=""),
        "id": next((one.id[:8] for one in accounts if one.id), ""),
        _ASSIGNEE: assignee,
    }
    return tuple(f"{operator}:{_quoted(value)}" for operator, value in values.items() if value)


def _quoted(value: str) -> str:
    return f'"{value}"' if {" ", ","} & set(value) else value


class InvalidFilter(ValueError):
    """The message says which part is wrong, and what is available."""


def _equals(name: str) -> Callable[[Entry, Collection[str]], bool]:
    return lambda entry, wanted: entry.spelled(name)[0] in wanted


def _starts(name: str) -> Callable[[Entry, Collection[str]], bool]:
    """Compare the beginning of a field, with more than the prefix that all IDs have."""
    return lambda entry, wanted: any(
        one == entry.spelled(name)[0] or (len(one) > _PREFIX and entry.spelled(name)[0].startswith(one))
        for one in wanted
    )


def _has_code_or_name(code: str, name_of: Callable[[str], str]) -> Callable[[Entry, Collection[str]], bool]:
    """Compare a code, and its English name."""
    return lambda entry, wanted: (
        not set(wanted).isdisjoint((entry.spelled(code)[0], *spellings(name_of(getattr(entry, code)))))
    )


def _contains(*names: str) -> Callable[[Entry, Collection[str]], bool]:
    return lambda entry, wanted: any(
        one in text for name in names for text in entry.spelled(name) for one in wanted
    )


_COMPARISONS: Final[Mapping[str, Callable[[Entry, Collection[str]], bool]]] = MappingProxyType(
    {
        "currency": _has_code_or_name("currency", currency_name),
        "country": _has_code_or_name("country", country_name),
        "mode": _equals("billing_mode"),
        "workspace": _contains("workspace_id", "workspace_name"),
        "name": _contains("name"),
        "email": _contains("email"),
        "id": _starts("id"),
        "": _contains("name", "email", "id"),
    }
)
OPERATORS: Final = ("status", *(name for name in _COMPARISONS if name), _ASSIGNEE)


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of its values must match, or none if it is negated."""

    operator: str
    values: tuple[str, ...]
    spelled: tuple[str, ...]
    is_negated: bool

    def matches(
        self, entry: Entry, statuses: Collection[str], assignees: Assignees = MappingProxyType({})
    ) -> bool:
        if self.operator == "status":
            found = any(_status_code(value) in statuses for value in self.values)
        elif self.operator == _ASSIGNEE:
            found = is_wanted(assignees.get((entry.workspace_id, entry.id)), self.values)
        else:
            found = _COMPARISONS[self.operator](entry, self.spelled)
        return found is not self.is_negated


@dataclass(frozen=True, slots=True)
class Filter:
    """Conditions that must all match."""

    terms: tuple[Term, ...] = ()
    assignees: Assignees = field(default_factory=dict)

    def matches(self, entry: Entry, statuses: Collection[str]) -> bool:
        return all(term.matches(entry, statuses, self.assignees) for term in self.terms)

    def may_match(self, entry: Entry) -> bool:
        """Return whether an account might match if its status could not be read."""
        terms = (term for term in self.terms if term.operator != "status")
        return all(term.matches(entry, (), self.assignees) for term in terms)

    def may_match_workspace(self, workspace_id: str) -> bool:
        """Return whether a workspace may match whose name and accounts could not be read."""
        entry = Entry("workspace", "", "", workspace_id, "")
        return not any(
            not term.matches(entry, ()) and (term.is_negated or all(map(_is_workspace_id, term.values)))
            for term in self.terms
            if workspace_id and term.operator == "workspace"
        )


def _is_workspace_id(text: str) -> bool:
    return text.startswith("ws_")


def parse(
    text: str,
    statuses: Collection[str] | None = None,
    assignees: Callable[[], Assignees] = dict,
) -> Filter:
    """Parse a filter. `statuses` are the valid values of `status:`, if they are known. Raise InvalidFilter.

    `assignees` is only called if the filter has an assignee.
    """
    if len(text) > _MAX_LENGTH:
        raise InvalidFilter(f"The filter is longer than {_MAX_LENGTH} characters.")
    if plain(text).count('"') % 2:
        raise InvalidFilter("A closing quotation mark is missing.")
    terms = tuple(_term(match) for match in _TERM.finditer(plain(text)) if match[0])
    if statuses is not None:
        _check_statuses(terms, statuses)
    has_assignee = any(term.operator == _ASSIGNEE for term in terms)
    return Filter(terms, assignees() if has_assignee else {})


def has_operator(text: str) -> bool:
    """Return whether a text has a term with one of the operators, such as `status:past_due`."""
    return any((match["operator"] or "").lower() in OPERATORS for match in _TERM.finditer(plain(text)))


def _check_statuses(terms: Iterable[Term], statuses: Collection[str]) -> None:
    requested = (value for term in terms if term.operator == "status" for value in term.values)
    unknown = next((value for value in requested if _status_code(value) not in statuses), None)
    if unknown is not None:
        raise InvalidFilter(f"Unknown status “{unknown}”. Available: {', '.join(sorted(statuses))}")


def _status_code(value: str) -> str:
    """Return "past_due" for "past due", as people read it."""
    return value.replace(" ", "_")


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
    spelled = tuple(spelling for value in values for spelling in spellings(value))
    return Term(operator, values, spelled, bool(match["not"]))
