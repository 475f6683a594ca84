"""The name of a browser: "Firefox on Linux". The full User-Agent could identify a person and is not stored.

https://github.com/ua-parser/uap-python
"""

from __future__ import annotations

from typing import Final

# Real User-Agents are much shorter, and each rule of the parser reads the whole text.
_MAX_LENGTH: Final = 500
_SHORT_NAMES: Final = {
    "Mac OS X": "macOS",
    "Mobile Safari": "Safari",
    "Chrome Mobile": "Chrome",
    "Firefox Mobile": "Firefox",
}


def device_name(user_agent: str) -> str:
    from ua_parser import parse_os, parse_user_agent  # its rules are for sign-ins only

    text = user_agent[:_MAX_LENGTH]
    parts = (parse_user_agent(text), parse_os(text))
    names = [_SHORT_NAMES.get(part.family, part.family)[:38] for part in parts if part is not None]
    return " on ".join(names) or "Unknown browser"
