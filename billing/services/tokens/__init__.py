"""Altostrat tokens: storage, choice, and the client that uses them."""

from billing.services.tokens.tokens import (
    NoToken,
    UnknownToken,
    choose,
    client_for,
    client_with,
    describe_result,
    get,
    is_refused,
    of,
    open_recent,
    record_result,
    reseal,
    seal,
    unseal,
)

__all__ = (
    "NoToken",
    "UnknownToken",
    "choose",
    "client_for",
    "client_with",
    "describe_result",
    "get",
    "is_refused",
    "of",
    "open_recent",
    "record_result",
    "reseal",
    "seal",
    "unseal",
)
