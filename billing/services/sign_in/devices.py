"""What a browser calls itself, in a few words: "Firefox on Linux". Its whole text, nearly personal, is not kept.

https://github.com/ua-parser/uap-python
"""

from __future__ import annotations

from typing import Final

from ua_parser import parse_os, parse_user_agent

# Real ones are much shorter; each rule reads the whole text.
_LONGEST: Final = 500
_NAMES: Final = {
    "Mac OS X": "macOS",
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Firefox Mobile": "Firefox",
}


def device_name(user_agent: str) -> str:
    """Browser and system, as far as they are known."""
    text = user_agent[:_LONGEST]
    browser, system = parse_user_agent(text), parse_os(text)
    names = [_NAMES.get(found.family, found.family)[:38] for found in (browser, system) if found is not None]
    return " on ".join(names) or "Unknown browser"
