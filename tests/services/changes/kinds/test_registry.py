"""Every kind of write is complete, and no two share a verb."""

from __future__ import annotations

import pytest

from billing.services.changes import KINDS, Kind
from billing.services.changes.kinds.bases import Creation, Deletion
from billing.services.changes.kinds.registry import ALL

pytestmark = pytest.mark.sqlite_only


def test_verbs_are_unique() -> None:
    assert len(KINDS) == len(ALL)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.verb)
def test_kind_sets_every_attribute(kind: Kind) -> None:
    names = [*Kind.__annotations__]
    names += Creation.__annotations__ if isinstance(kind, Creation) else ()
    names += Deletion.__annotations__ if isinstance(kind, Deletion) else ()

    assert [name for name in names if not hasattr(kind, name)] == []


def test_every_kind_is_registered() -> None:
    def leaves(base: type) -> set[type]:
        below: list[type] = base.__subclasses__()
        return set().union(*map(leaves, below)) if below else {base}

    assert {type(kind) for kind in ALL} == leaves(Kind)
