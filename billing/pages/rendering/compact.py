"""A loader of templates without indentation, nor line breaks next to block elements and lines that have only tags.

A line break between two lines of text is kept, so a page looks the same: browsers ignore it at the edges of a block.
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
_BLOCK: Final = (
    "address|article|body|caption|dd|details|dialog|div|dl|dt|figcaption|figure|footer|form|h[1-4]|head|header|li|link|main|"
    "meta|nav|ol|option|p|section|summary|table|tbody|td|tfoot|th|thead|title|tr|ul|circle|g|path|pattern|rect"
)
_AROUND_BLOCKS: Final = re.compile(rf"(?<=\S)\n(?=</?(?:{_BLOCK})\b)|(</?(?:{_BLOCK})\b[^<>]*>)\n")
_INDENTATION: Final = re.compile(r"(?<=\n)[ \t]+")
_AS_IS: Final = re.compile(r"(<(?:pre|textarea)\b.*?</(?:pre|textarea)>)", re.DOTALL)


class Loader(filesystem.Loader):
    def get_contents(self, origin: Origin) -> str:
        return compact(super().get_contents(origin))


def compact(template: str) -> str:
    # The first line is kept, because an {% include %} may be in the middle of a line.
    first, line_break, rest = template.partition("\n")
    parts = _AS_IS.split(line_break + rest)
    parts[::2] = map(_compact, parts[::2])
    return first + "".join(parts)


def _compact(part: str) -> str:
    return _AROUND_BLOCKS.sub(r"\1", _ONLY_TAGS.sub(r"\1", _INDENTATION.sub("", part)))
