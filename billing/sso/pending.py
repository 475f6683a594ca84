"""A sign-in under way: what the provider's answer must fit. Kept by the browser, sealed, one for each tab."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Final

KEEP_SECONDS: Final = 3600.0
_LONGEST_GOAL: Final = 256  # eight of these are cookies of one request


@dataclass(frozen=True, slots=True)
class Pending:
    """`step_up` when somebody signed in proves anew that it is them. Times are seconds since 1970."""

    state: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    goal: str
    started_at: float
    step_up: bool

    @property
    def expires_at(self) -> float:
        """When an answer comes too late."""
        return self.started_at + KEEP_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether that moment has passed."""
        return self.expires_at < time.time()

    def as_text(self) -> str:
        """For the envelope; a very long goal is not worth keeping."""
        kept = asdict(self)
        if len(self.goal) > _LONGEST_GOAL:
            kept["goal"] = "/"
        return json.dumps(kept, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Pending:
        """The opposite. Raises ValueError, TypeError for what another version of ours has written."""
        return cls(**json.loads(text))
