"""A static files finder for the front-end packages that npm installed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

# Static path -> path inside node_modules.
FILES = {
    "vendor/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    # collectstatic requires it, because the file above names it.
    "vendor/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}


class NodePackageFinder(BaseFinder):
    """A finder for the files in FILES in node_modules, so that the repository holds no third-party code.

    https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/#finders-module
    """

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Return the file for a static path, or an empty list. `all` is the older name of `find_all`."""
        source = FILES.get(path)
        found = [] if source is None else [str(settings.NODE_MODULES / source)]
        existing = [name for name in found if Path(name).is_file()]
        if find_all or kwargs.get("all"):
            return existing
        return existing[0] if existing else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Yield (static path, storage) for collectstatic, which fails if a package is missing."""
        storage = _NodeModules(location=settings.NODE_MODULES)
        for path in FILES:
            yield path, storage


class _NodeModules(FileSystemStorage):
    """Files of node_modules by their static path."""

    def path(self, name: str) -> str:
        return str(settings.NODE_MODULES / FILES[name])
