"""The check that a response names the same workspace, billing account and other owners as its request.

Altostrat documents few fields that name an owner, and may send others, such as Stripe's. So every object in a response
is searched for them, except `metadata`, which customers write themselves.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Final

from billing.altostrat.pieces import text_of

# The kind of an id is its prefix: "ws", "cus". The ids of a request, by kind.
Ids = Mapping[str, str]

_NOUNS: Final = (
    *("workspace", "billing_account", "customer", "subscription", "organization", "payment_method"),
    *("account", "billing_customer", "customer_account", "org", "owner", "stripe_customer"),
    *("team", "tenant"),
)
_NAMES: Final = frozenset(
    noun.replace("_", "") + ending
    for noun in _NOUNS
    for ending in ("", "id", "uid", "uuid", "ref", "reference")
) | {"workspaces", "workspaceids", "billingaccounts", "billingaccountids", "customers", "customerids"}
# An object with such an id is a workspace or an account, wherever it is.
_TENANTS: Final = frozenset({"ws", "cus"})
_CUSTOMERS_OWN: Final = "metadata"
_PIECE_BYTES: Final = 64 * 1024
# A character of an id, which JSON need not escape.
_ESCAPED: Final = re.compile(rb"\\u00(?:3\d|[46][1-9a-f]|[57][\da]|5f|2d)", re.IGNORECASE)


def kind_of(id_: str) -> str:
    """Return the prefix of an id: "cus" for "cus_a1b2"."""
    return id_.partition("_")[0]


def names_another(body: bytes, document: object, ids: Ids) -> bool:
    """Return whether `document`, read from `body`, contradicts one of the request's `ids`."""
    return (
        bool(ids)
        and _may_name_another(body, ids)
        and any(_is_another(value, ids) for value in (*_top_ids(document), *_owners(document, ids)))
    )


def file_names_another(body: bytes, ids: Ids) -> bool:
    """Return the same for a CSV file; False if it is not one."""
    try:
        rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"), newline=""), restkey=""))
    except (UnicodeDecodeError, csv.Error):
        return False
    return any(_is_another(value, ids) for value in _owners(rows, ids))


class AnotherOwner(Exception):
    """A row names another owner than the request."""


def checked_rows(pieces: Iterator[bytes], ids: Ids) -> Iterator[bytes]:
    """Yield the pieces of a CSV file, each row after its check. Raise AnotherOwner.

    A file that is not CSV is passed on, because it names no owner. ISO 8859-1 maps every byte to a character and back.
    """
    text = text_of(pieces, "latin-1")
    held: list[str] = []

    def lines() -> Iterator[str]:
        for line in text:
            held.append(line)
            yield line

    with suppress(csv.Error):
        rows, size = csv.reader(lines()), 0
        columns = [index for index, name in enumerate(next(rows, ())) if name == "id" or _names_owner(name)]
        for row in rows:
            if any(_is_another(row[index], ids) for index in columns if index < len(row)):
                raise AnotherOwner
            size += len(held[-1])
            if size >= _PIECE_BYTES:
                yield "".join(held).encode("latin-1")
                held.clear()
                size = 0
    if held:
        yield "".join(held).encode("latin-1")
    while rest := text.read(_PIECE_BYTES):
        yield rest.encode("latin-1")


def ids_in(document: Mapping[str, object]) -> dict[str, str]:
    """Return the ids in the owner fields of a request's body, by kind."""
    named = (value for name, value in document.items() if _names_owner(name) and isinstance(value, str))
    return {kind_of(value): value for value in named}


def _may_name_another(body: bytes, ids: Ids) -> bool:
    """Return whether a string in `body` begins like one of the ids and is another one.

    This is ten times faster than the search.
    """
    for kind, id_ in ids.items():
        if body.count(f'"{kind}_'.encode()) != body.count(f'"{id_}"'.encode()):
            return True
    return _ESCAPED.search(body) is not None


def _top_ids(document: object) -> Iterator[object]:
    """Yield the ids of what the response is about: the document, or each item of a list."""
    listed = document.get("data") if isinstance(document, dict) else None
    for one in (document, *(listed if isinstance(listed, list) else ())):
        if isinstance(one, dict):
            yield one.get("id")


def _owners(document: object, ids: Ids) -> Iterator[object]:
    """Yield the values of all fields that name an owner, and the ids of all workspaces and accounts."""
    pending = [document]
    while pending:
        one = pending.pop()
        if isinstance(one, list):
            pending.extend(one)
        elif isinstance(one, dict):
            pending.extend(value for name, value in one.items() if name != _CUSTOMERS_OWN)
            yield from (value for name, value in one.items() if _names_owner(name))
            id_ = one.get("id")
            if isinstance(id_, str) and kind_of(id_) in _TENANTS:
                yield id_


# A response repeats a few names in every object.
@lru_cache(maxsize=1024)
def _names_owner(name: str) -> bool:
    return re.sub("[^a-z]", "", name.lower()) in _NAMES


def _is_another(value: object, ids: Ids) -> bool:
    """Return whether an owner is of the kind of an id and is not that one.

    The owner is an id, an object with one, or a list.
    """
    match value:
        case str():
            return ids.get(kind_of(value), value) != value
        case {"id": id_}:
            return _is_another(id_, ids)
        case list():
            return any(_is_another(one, ids) for one in value)
    return False
