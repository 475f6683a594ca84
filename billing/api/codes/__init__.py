"""The error codes of the API, used by its responses, its schema and its documentation page.

If a page can fail with the same code, the status is that of `billing.failures`, as a test checks. The texts differ,
because these are for programmers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing.api.codes.access import ACCESS
from billing.api.codes.code import Code
from billing.api.codes.failures import FAILURES
from billing.api.codes.requests import REQUESTS

__all__ = ("CODES", "Code")

CODES: Final[Mapping[str, Code]] = dict(
    sorted({**REQUESTS, **ACCESS, **FAILURES}.items(), key=lambda row: row[1].status)
)
