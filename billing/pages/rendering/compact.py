"""Loads templates without what only their authors need: indentation, and line breaks after lines that are only tags.

Text on two lines keeps a line break between them, so a page looks the same.
"""

from __future__ import annotations

import re
from typing import Final

from django.template import Origin
from django.template.loaders import filesystem

_WITHOUT_OUTPUT: Final = (
    "block|comment|else|elif|empty|endblock|endcomment|endfor|endif|endwith|for|if|load|with"
)
_ONLY_TAGS: Final = re.compile(rf"^((?:\{{% (?:{_WITHOUT_OUTPUT})\b[^%]*%\}})+) *\n", re.MULTILINE)
_INDENTATION: Final = re.compile(r"(?<=\n)[ \t]+")
_AS_IS: Final = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>)", re.DOTALL)


class Loader(filesystem.Loader):
    """Django's loader of template folders."""

    def get_contents(self, origin: Origin) -> str:
        return compact(super().get_contents(origin))


def compact(template: str) -> str:
    # The first line stays: what includes this template may end in the middle of a line.
    first, line_break, rest = template.partition("\n")
    parts = _AS_IS.split(line_break + rest)
    parts[::2] = (_ONLY_TAGS.sub(r"\1", _INDENTATION.sub("", part)) for part in parts[::2])
    return first + "".join(parts)
