"""Altostrat tokens: which one a person acts with, and the client that uses it."""

from billing.services.tokens.tokens import (
    NoToken,
    UnknownToken,
    choose,
    client_for,
    is_refused,
    note,
    of,
    one_of,
    reseal,
    result_of,
    seal,
    unseal,
)

__all__ = (
    "NoToken",
    "UnknownToken",
    "choose",
    "client_for",
    "is_refused",
    "note",
    "of",
    "one_of",
    "reseal",
    "result_of",
    "seal",
    "unseal",
)
