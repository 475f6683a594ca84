"""Addresses that people paste into the search box: of this portal, of Stripe's dashboard, and of hosted invoices."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.urls import Resolver404, resolve, reverse

from billing.folding import plain
from billing.services.scans.summaries import link_key

_ADDRESS: Final = re.compile(r"(https?://)?[a-z0-9.-]+(:\d+)?/\S+", re.IGNORECASE)
# The last ID in a path is the most specific one: /customers/cus_…/subscriptions/sub_…
_ID: Final = re.compile(r"(?:ws|cus|sub|in|pm)_[A-Za-z0-9]+")
_BOTH_IDS: Final = re.compile(r"(ws_[\w-]+)[\s,/]+(cus_[\w-]+)", re.ASCII)
_WORKSPACES: Final = "/workspaces/"


def path_of(text: str) -> str:
    """Return the path of a page about a workspace, if the text is the address of one in this portal; else empty.

    The IDs of a workspace and an account are the address of the account, even if no list has it.
    """
    if ids := _BOTH_IDS.fullmatch(plain(text)):
        return reverse("billing-account", args=ids.groups())
    address = _split(text)
    if address is None or not address.path.startswith(_WORKSPACES):
        return ""
    try:
        resolve(address.path)
    except Resolver404:
        return ""
    return f"{address.path}?{address.query}" if address.query else address.path


def query_of(text: str) -> str:
    """Return the ID in a pasted address, or the key of the invoice that it links to; other texts stay as they are."""
    address = _split(text)
    if address is None:
        return text
    ids = _ID.findall(f"{address.path}/{address.fragment}")
    return ids[-1] if ids else link_key(address.geturl()) or text


def _split(text: str) -> SplitResult | None:
    found = plain(text)
    if not _ADDRESS.fullmatch(found):
        return None
    try:
        return urlsplit(found if "://" in found else f"https://{found}")
    except ValueError:  # a malformed host
        return None
