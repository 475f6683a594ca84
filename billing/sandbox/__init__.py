"""A stand-in for Altostrat on a real port, for the demo and the tests. It uses only the standard library.

It shares no code with `billing.altostrat`, so that both cannot make the same mistake. docs/sandbox.md lists its tokens
and the accounts that fail.
"""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]  # a JSON object
