"""Addresses that others send, and that a page or a text may pass on."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_web_link(address: str | None) -> bool:
    """Return whether a page may link there: only to https."""
    try:
        return urlsplit(address or "").scheme == "https"
    except ValueError:  # "https://["
        return False
