"""The paths of pages. Building one takes Django as long as a table cell, so they are kept."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from django.urls import get_script_prefix, reverse

_KEPT: Final = 4096


def path_of(name: str, *ids: object) -> str:
    """Return the path of a page, as `reverse` does. Raise NoReverseMatch."""
    return _path(get_script_prefix(), name, ids)


@lru_cache(maxsize=_KEPT)
def _path(prefix: str, name: str, ids: tuple[object, ...]) -> str:
    return reverse(name, args=ids)
