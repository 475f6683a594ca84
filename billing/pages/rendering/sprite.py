"""A static files finder for one SVG file with all icons, made from the npm package.

A page refers to an icon with `<use href="…/icons.svg#pencil">`, so browsers load all icons once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from billing.pages.rendering.icons import ICONS, SPRITE

_DRAWING: Final = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
_HIDDEN_BOX: Final = re.compile(r'\s*<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>')


class SpriteFinder(BaseFinder):
    """A finder that writes the file below var/, and finds it there.

    https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/#finders-module
    """

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file for a static path, or an empty list. `all` is the older name of `find_all`."""
        if path != SPRITE:
            return []
        found = str(_write())
        return [found] if find_all or kwargs.get("all") else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Yield (static path, storage) for collectstatic, which fails if an icon is missing."""
        _write()
        yield SPRITE, FileSystemStorage(location=_folder())


def draw() -> str:
    """Return the file."""
    symbols = "".join(
        f'<symbol id="{name}" viewBox="0 0 24 24">{_drawing(name)}</symbol>\n' for name in sorted(ICONS)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}</svg>\n'


def _drawing(name: str) -> str:
    path = Path(settings.NODE_MODULES) / "@tabler/icons/icons/outline" / f"{name}.svg"
    found = _DRAWING.search(path.read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{path} is not an SVG file")
    return " ".join(_HIDDEN_BOX.sub("", found[1]).split())


def _write() -> Path:
    path, drawn = _folder() / SPRITE, draw()
    if not path.is_file() or path.read_text(encoding="utf-8") != drawn:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(drawn, encoding="utf-8")
    return path


def _folder() -> Path:
    return settings.BASE_DIR / "var" / "static"
