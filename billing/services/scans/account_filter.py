"""The filter of a list of accounts, as it is typed and stands in the address: `status:past_due -country:ZA "big bay"`.

Terms are separated by blanks and all have to hold. `operator:value` asks one thing, `operator:a,b` either value, a
minus in front the opposite, quotes keep blanks together. What has no operator is looked for in name, e-mail and id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from billing.services.scans.directory import Entry, plain

_TERM: Final = re.compile(r'(?P<not>-)?(?:(?P<operator>[A-Za-z_]+):)?(?P<value>(?:"[^"]*"|[^\s"])*)')
_LONGEST: Final = 500


class WrongFilter(ValueError):
    """A filter that cannot be meant. The text says which part, and what there is."""


def _is(read: Callable[[Entry], str]) -> Callable[[Entry, str], bool]:
    return lambda entry, value: plain(read(entry)) == value


def _holds(*read: Callable[[Entry], str]) -> Callable[[Entry, str], bool]:
    return lambda entry, value: any(value in plain(one(entry)) for one in read)


_OF_ENTRIES: Final[Mapping[str, Callable[[Entry, str], bool]]] = MappingProxyType(
    {
        "currency": _is(lambda entry: entry.currency),
        "country": _is(lambda entry: entry.country),
        "mode": _is(lambda entry: entry.billing_mode),
        "workspace": _holds(lambda entry: entry.workspace_id, lambda entry: entry.workspace_name),
        "name": _holds(lambda entry: entry.name),
        "email": _holds(lambda entry: entry.email),
        "id": _is(lambda entry: entry.id),
        "": _holds(lambda entry: entry.name, lambda entry: entry.email, lambda entry: entry.id),
    }
)
OPERATORS: Final = ("status", *(name for name in _OF_ENTRIES if name))


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of the values, or none of them."""

    operator: str
    values: tuple[str, ...]
    is_negated: bool

    def fits(self, entry: Entry, statuses: Collection[str]) -> bool:
        """Whether an account meets it."""
        if self.operator == "status":
            found = any(value in statuses for value in self.values)
        else:
            found = any(_OF_ENTRIES[self.operator](entry, value) for value in self.values)
        return found is not self.is_negated


@dataclass(frozen=True, slots=True)
class Filter:
    """All of its terms have to hold."""

    terms: tuple[Term, ...] = ()

    def fits(self, entry: Entry, statuses: Collection[str]) -> bool:
        """Whether an account that has been read belongs to the list."""
        return all(term.fits(entry, statuses) for term in self.terms)

    def may_fit(self, entry: Entry) -> bool:
        """Whether an account that could not be read may belong to it, by what the directory knows."""
        return all(term.fits(entry, ()) for term in self.terms if term.operator != "status")


def parse(text: str, statuses: Collection[str] | None = None) -> Filter:
    """The filter that somebody typed; `statuses` are all there are, when that is known. Raises WrongFilter."""
    if len(text) > _LONGEST:
        raise WrongFilter(f"The filter is longer than {_LONGEST} characters.")
    if text.count('"') % 2:
        raise WrongFilter("A quotation mark is open: each needs a second one.")
    terms = tuple(_term(match) for match in _TERM.finditer(text) if match[0])
    if statuses is not None:
        _refuse_unknown(terms, statuses)
    return Filter(terms)


def _refuse_unknown(terms: Iterable[Term], statuses: Collection[str]) -> None:
    wanted = (value for term in terms if term.operator == "status" for value in term.values)
    unknown = next((value for value in wanted if value not in statuses), None)
    if unknown is not None:
        raise WrongFilter(f"There is no status “{unknown}”. These are known: {', '.join(sorted(statuses))}")


def _term(match: re.Match[str]) -> Term:
    operator = (match["operator"] or "").lower()
    if operator and operator not in OPERATORS:
        known = ", ".join(f"{name}:" for name in OPERATORS)
        raise WrongFilter(f"There is no operator “{operator}:”. These are known: {known}")
    text = match["value"]
    # A comma separates values of an operator, unless it is quoted; in free words it is a letter like others.
    parts = re.findall(r'(?:"[^"]*"|[^,"])+', text) if operator else [text]
    values = tuple(filter(None, (plain(part.replace('"', "").strip()) for part in parts)))
    if not values:
        name = f"{operator}:" if operator else match[0]
        raise WrongFilter(f"“{name}” needs a value behind it.")
    return Term(operator, values, bool(match["not"]))
