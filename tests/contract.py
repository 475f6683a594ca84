"""Altostrat's contract, as a document."""

from __future__ import annotations

from typing import Any, Final

import yaml

from tests.plugins.processes import ROOT

# libyaml's loader takes a twentieth of the time.
CONTRACT: Final[dict[str, Any]] = yaml.load(
    (ROOT / "contract" / "altostrat" / "openapi.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader
)
