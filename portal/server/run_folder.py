"""The folder that the processes of one server share while it runs. They count there, and learn that they must drain."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

# Where prometheus_client counts, if it is set before it is imported.
_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
_DRAINING: Final = "draining"


@contextmanager
def create() -> Iterator[None]:
    """Create the folder for this process and those that it starts in the block."""
    with tempfile.TemporaryDirectory(prefix="billing-portal-") as folder:
        os.environ[_VARIABLE] = folder
        yield


def begin_draining() -> None:
    Path(os.environ[_VARIABLE], _DRAINING).touch()


def is_draining() -> bool:
    """Return whether the server was asked to stop, and should get no further requests."""
    folder = os.environ.get(_VARIABLE)
    return folder is not None and Path(folder, _DRAINING).exists()
