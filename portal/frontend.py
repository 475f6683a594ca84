"""Front-end packages, as npm installed them, for staticfiles: only the files that pages use."""

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
    # Named in the file above, and so wanted by collectstatic.
    "vendor/tabler.min.css.map": "@tabler/core/dist/css/tabler.min.css.map",
    "vendor/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/inter-latin.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "vendor/inter-latin-ext.woff2": "@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2",
}


class NodePackageFinder(BaseFinder):
    """Serves the files named in FILES from node_modules: no third-party code lives in this repository.

    https://docs.djangoproject.com/en/5.2/ref/contrib/staticfiles/#finders-module
    """

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The file behind a static path, or nothing; `all` is the older name of `find_all`."""
        source = FILES.get(path)
        found = [] if source is None else [str(settings.NODE_MODULES / source)]
        existing = [name for name in found if Path(name).is_file()]
        if find_all or kwargs.get("all"):
            return existing
        return existing[0] if existing else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """Every (static path, storage) pair, for collectstatic. A missing package is an error."""
        storage = _NodeModules(location=settings.NODE_MODULES)
        for path in FILES:
            yield path, storage


class _NodeModules(FileSystemStorage):
    """Opens node_modules files by their static path."""

    def path(self, name: str) -> str:
        return str(settings.NODE_MODULES / FILES[name])
