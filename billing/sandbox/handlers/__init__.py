"""The handlers of the operations: one module per noun. A handler turns a Call into a Reply and may change its state."""

from __future__ import annotations

import importlib
import pkgutil

for module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(module.name)
