"""The ways in which a secret may be written."""

from __future__ import annotations

import base64
from urllib.parse import quote


def disguises(secret: str) -> list[bytes]:
    """Return the text unchanged, reversed, in hexadecimal, and in base64 at each of the three offsets."""
    plain = secret.encode()
    shifted = [base64.b64encode(b"x" * shift + plain)[4:-4] for shift in range(3)]
    return [plain, plain[::-1], plain.hex().encode(), quote(secret).encode(), *shifted]
