"""The operations of Altostrat's API that the portal uses: one module per noun.

The names are the operation ids in contract/altostrat/openapi.yaml.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

from billing.altostrat.operations.operation import Operation


def all_operations() -> Iterator[Operation[Any]]:
    for module in pkgutil.iter_modules(__path__, f"{__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Operation):
                yield value
