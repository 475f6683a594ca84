"""Checks that access tokens and logout tokens have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from joserfc.errors import ClaimError, JoseError

MAX_TOKEN_LENGTH: Final = 16_384
Refusal = Callable[[str], Exception]


@contextmanager
def refusing(refusal: Refusal) -> Iterator[None]:
    """Turn the errors of decoding and validating a token into a refusal, which names at most the claim or the check."""
    try:
        yield
    except ClaimError as error:
        raise refusal(f"claim {error.claim}") from None
    except JoseError as error:
        raise refusal(error.error) from None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise refusal("malformed") from None


def require_type(
    header: Mapping[str, Any], types: Collection[str], refusal: Refusal, *, default: str = ""
) -> None:
    kind = header.get("typ", default)
    if not isinstance(kind, str) or kind.lower() not in types:
        raise refusal("another kind of token")
