"""A sign-in in flight: what the provider's answer must match. The browser keeps it, sealed, one for each tab."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, field
from typing import Final

LIFETIME_SECONDS: Final = 3600.0
_MAX_URL_LENGTH: Final = 256  # a request may carry eight of these as cookies


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """`step_up` if a person who is signed in confirms who they are. `started_at` is in seconds since 1970."""

    state: str
    nonce: str = field(repr=False)
    code_verifier: str = field(repr=False)
    redirect_uri: str
    next_url: str
    started_at: float
    step_up: bool

    @property
    def expires_at(self) -> float:
        return self.started_at + LIFETIME_SECONDS

    @property
    def has_expired(self) -> bool:
        return self.expires_at < time.time()

    def as_text(self) -> str:
        """Serialize for the envelope. A very long `next_url` becomes the home page."""
        values = asdict(self)
        if len(self.next_url) > _MAX_URL_LENGTH:
            values["next_url"] = "/"
        return json.dumps(values, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> PendingSignIn:
        """Parse what `as_text` returned. Raise ValueError or TypeError for what another version of the portal wrote."""
        return cls(**json.loads(text))
