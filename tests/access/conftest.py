"""These tests give the same results with any database and cache."""

from __future__ import annotations

from copy import deepcopy

import pytest
from pytest_django import Settings


@pytest.fixture
def short_failure_pages(settings: Settings) -> None:
    """Render only the code of a failure. Most answers here are failures, and a full page takes twice the time."""
    templates = deepcopy(settings.TEMPLATES)
    loaders = "django.template.loaders"
    templates[0]["APP_DIRS"] = False
    templates[0]["OPTIONS"]["loaders"] = [
        (f"{loaders}.locmem.Loader", {"errors/failure.html": "{{ failure.code }}"}),
        (f"{loaders}.cached.Loader", [f"{loaders}.filesystem.Loader", f"{loaders}.app_directories.Loader"]),
    ]
    settings.TEMPLATES = templates
