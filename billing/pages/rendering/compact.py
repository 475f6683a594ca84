"""Loads templates without indentation, and without line breaks after lines that have only tags.

A line break between two lines of text is kept, so a page looks the same.
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
    def get_contents(self, origin: Origin) -> str:
        return compact(super().get_contents(origin))


def compact(template: str) -> str:
    # The first line is kept, because an {% include %} may be in the middle of a line.
    first, line_break, rest = template.partition("\n")
    parts = _AS_IS.split(line_break + rest)
    parts[::2] = (_ONLY_TAGS.sub(r"\1", _INDENTATION.sub("", part)) for part in parts[::2])
    return first + "".join(parts)
