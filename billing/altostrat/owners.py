"""The check that a response names the same workspace, billing account and other owners as its request.

Altostrat documents few fields that name an owner, and may send others, such as Stripe's. So every string of a response
is searched for ids of workspaces and billing accounts, and fields that name an owner for all ids, also without a
prefix. The spelling of an id does not matter. What customers write themselves is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from billing.folding import plain

# The kind of an id is its prefix: "ws", "cus". The ids of a request, by kind.
Ids = Mapping[str, str]

_KINDS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("workspace",), "ws"),
    **dict.fromkeys(
        ("customer", "billingaccount", "billingcustomer", "customeraccount", "stripecustomer"), "cus"
    ),
    **dict.fromkeys(("organization", "org"), "org"),
    **{"subscription": "sub", "paymentmethod": "pm"},
    # Owners of any kind.
    **dict.fromkeys(("account", "owner", "team", "tenant", "belongsto", "ownedby"), ""),
}
_FIELD: Final = re.compile(
    rf"({'|'.join(sorted(_KINDS, key=len, reverse=True))})s?(id|ids|uid|uuid|ref|reference)?"
)
# An id of this kind names a workspace or an account, in whichever field it is.
_TENANTS: Final = frozenset({"ws", "cus"})
_TENANT_PREFIXES: Final = ("ws_", "cus_")
_CUSTOMERS_OWN: Final = frozenset({"metadata", "customfields"})
_FREE_TEXTS: Final = frozenset(
    (
        *(
            "name",
            "displayname",
            "description",
            "title",
            "label",
            "nickname",
            "note",
            "notes",
            "memo",
            "comment",
        ),
        *("comments", "message", "footer", "reference", "email", "phone", "line", "lineone", "linetwo"),
        *("statementdescriptor", "purchaseorder"),
    )
)
_EDGE: Final = r"[\s/?=:&#,;|()\[\]{}'\"]"
_ID: Final = re.compile(rf"(?:^|(?<={_EDGE}))(ws|cus|sub|org|pm)_[a-z0-9_-]+(?={_EDGE}|$)")
# The shape of an id without its prefix, unlike that of a name.
_BARE_ID: Final = re.compile(r"(?=.*\d)[A-Za-z\d_-]{8,}|[a-z_-]{8,}", re.ASCII)
# In a body, a character that may be a part of an id in another spelling: escaped, invisible or wide.
_ESCAPED: Final = re.compile(
    rb"\\u(?:00(?:[0346][\da-f]|[57][\da]|5f|2d|a0|ad)|20[0-6]|feff|ff)", re.IGNORECASE
)
_SPELLINGS: Final = (
    *(b"\xe2\x80", b"\xe2\x81", b"\xc2\xa0", b"\xc2\xad"),
    *(b"\xef\xbb", b"\xef\xbc", b"\xef\xbd"),
)
_ANY_OWNER: Final = (b"own", b"belong", b"tenant", b"team")
_WORDS_OF: Final = {
    "ws": ("workspace",),
    "cus": ("customer", "account"),
    "sub": ("subscription",),
    "org": ("org",),
    "pm": ("method",),
}


def kind_of(id_: str) -> str:
    """Return the prefix of an id: "cus" for "cus_a1b2"."""
    return id_.partition("_")[0]


def is_same(value: object, id_: str) -> bool:
    """Return whether a field has an id, perhaps in another spelling. A missing or empty field is no contradiction."""
    return value in (None, "", id_) or (isinstance(value, str) and _spelled(value) == id_.lower())


def names_another(body: bytes, document: object, ids: Ids) -> bool:
    """Return whether `document`, read from `body`, contradicts one of the request's `ids`."""
    if not ids or not _may_name_another(body, ids):
        return False
    ids = spelled(ids)
    return any(_is_another_id(one, ids) for one in _top_ids(document)) or any(
        value_is_another(name, value, ids) for name, value in _values("", document)
    )


def ids_in(document: Mapping[str, object]) -> dict[str, str]:
    """Return the ids in the owner fields of a request's body, by kind."""
    named = (value for name, value in document.items() if names_owner(name) and isinstance(value, str))
    return {kind_of(value): value for value in named}


def spelled(ids: Ids) -> Ids:
    """Return ids as `value_is_another` compares them."""
    return {kind: id_.lower() for kind, id_ in ids.items()}


def names_owner(field: str) -> bool:
    """Return whether the name of a field says that its value is an owner."""
    return _owner(field) is not None


def may_be_spelled_differently(body: bytes) -> bool:
    """Return whether UTF-8 has invisible or wide characters, which an id may have."""
    return not body.isascii() and any(one in body for one in _SPELLINGS)


def value_is_another(name: str, value: object, ids: Ids) -> bool:
    """Return whether a field names another owner than `ids`."""
    owner = _owner(name)
    if isinstance(value, str):
        if not value or (owner is None and _word(name) in _FREE_TEXTS):
            return False
        return _text_is_another(owner, value, ids)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and owner is not None and owner.is_id and owner.kind in ids


class _Owner(NamedTuple):
    """What the name of a field says: its owner's kind, "" for any, and whether its value is an id for certain."""

    noun: str
    kind: str
    is_id: bool
    is_reference: bool


# A response repeats a few names in every object.
@lru_cache(maxsize=1024)
def _owner(name: str) -> _Owner | None:
    found = _FIELD.fullmatch(_word(name))
    if found is None:
        return None
    noun, ending = found.groups()
    return _Owner(noun, _KINDS[noun], ending in {"id", "ids"}, ending in {"uid", "uuid", "ref", "reference"})


@lru_cache(maxsize=1024)
def _word(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


def _text_is_another(owner: _Owner | None, value: str, ids: Ids) -> bool:
    text = _spelled(value)
    found = [] if owner is None and " " in text else [(one[1], one[0]) for one in _ID.finditer(text)]
    if any(ids.get(kind, id_) != id_ and (owner is not None or kind in _TENANTS) for kind, id_ in found):
        return True
    if owner is None or owner.is_reference or any(ids.get(kind) == id_ for kind, id_ in found):
        return False
    return _bare_is_another(owner, value.strip(), text, ids)


def _bare_is_another(owner: _Owner, value: str, text: str, ids: Ids) -> bool:
    """Return whether an owner's id, without the prefix of its kind, is another one."""
    bare = {id_.partition("_")[2] for id_ in ids.values()}
    if text in bare or " " in text:  # a sentence, such as an error message about the field
        return False
    if not owner.kind:  # a person, for example, unless it looks just like an id of the request
        return bool(re.search(r"\d", text)) and text.isalnum() and len(text) in map(len, bare)
    if owner.kind not in ids:
        return False
    return owner.is_id or (owner.kind in _TENANTS and _BARE_ID.fullmatch(value) is not None)


def _is_another_id(value: object, ids: Ids) -> bool:
    text = _spelled(value) if isinstance(value, str) else ""
    return ids.get(kind_of(text), text) != text


def _spelled(value: str) -> str:
    return plain(value).lower()


def _may_name_another(body: bytes, ids: Ids) -> bool:
    """Return whether something in `body` looks like an owner and does not begin like one of the ids.

    This is several times faster than the search.
    """
    lower = body.lower()
    for kind, id_ in ids.items():
        if lower.count(f"{kind}_".encode()) != lower.count(f'"{id_.lower()}"'.encode()):
            return True
        if any(field.search(lower) for field in _fields_of(kind)):
            return True
    if b"\\u" in lower and _ESCAPED.search(lower):
        return True
    return may_be_spelled_differently(lower) or any(word in lower for word in _ANY_OWNER)


@lru_cache(maxsize=16)
def _fields_of(kind: str) -> tuple[re.Pattern[bytes], ...]:
    """Return patterns of fields of a kind with something else than an id of that kind, and of its objects."""
    words = _WORDS_OF.get(kind, ())
    fields = [rf'{word}[a-z_-]*"\s*:(?!\s*(?:null|""|"{kind}_))' for word in words]
    objects = [rf'"object"\s*:\s*"[a-z_-]*{word}' for word in words if kind in _TENANTS]
    return tuple(re.compile(one.encode()) for one in (*fields, *objects))


def _top_ids(document: object) -> Iterator[object]:
    """Yield the ids of what the response is about: the document, or each item of a list."""
    listed = document.get("data") if isinstance(document, dict) else None
    for one in (document, *(listed if isinstance(listed, list) else ())):
        if isinstance(one, dict):
            yield one.get("id")


def _values(name: str, document: object) -> Iterator[tuple[str, object]]:
    """Yield all values with the names of their fields, and the keys of objects."""
    pending = [(name, document)]
    while pending:
        name, one = pending.pop()
        if isinstance(one, list):
            pending.extend((name, item) for item in one)
        elif isinstance(one, dict):
            noun = _noun_of(name, one)
            for key, value in one.items():
                word = _word(key)
                if word in _CUSTOMERS_OWN:
                    continue
                if key.lower().startswith(_TENANT_PREFIXES) and isinstance(value, dict | list):
                    yield "", key
                if noun and word in {"id", "ids", "value"}:
                    pending.append((f"{noun}_id", value))
                else:
                    pending.append((noun if noun and word == "data" else key, value))
        else:
            yield name, one


def _noun_of(name: str, one: Mapping[str, object]) -> str:
    """Return which owner an object is, by what it says itself or by its field's name; "" if it is none."""
    said = one.get("object") or (one.get("type") if _owner(name) else None)
    if isinstance(said, str) and (owner := _owner(said)) and owner.kind in _TENANTS:
        return owner.noun
    field = _owner(name)
    return field.noun if field else ""
