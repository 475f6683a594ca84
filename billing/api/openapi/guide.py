"""The guide to the API, docs/api.md, as HTML for the documentation page."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from django.conf import settings
from django.utils.safestring import SafeString

_GUIDE: Final = "docs/api.md"
# The page has a title of its own, and a table of the error codes with links.
_TITLE: Final = re.compile(r"\A# .*\n")
_CODES: Final = re.compile(r"^\| status \|(.*\n)+?\n", re.MULTILINE)


@cache
def as_html() -> SafeString:
    """Return the guide without its title and its table of error codes. Long lines scroll, also with the keyboard."""
    from markdown_it import MarkdownIt  # for this page only

    text = (settings.BASE_DIR / _GUIDE).read_text(encoding="utf-8")
    text = _CODES.sub("The [error codes](#codes) are below.\n\n", _TITLE.sub("", text))
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    html = html.replace("<pre>", '<pre tabindex="0">')
    html = html.replace("<table>", '<div class="table-responsive" tabindex="0"><table class="table">')
    html = html.replace("</table>", "</table></div>").replace("<h2>", '<h2 class="section-title">')
    return SafeString(html)  # a file of this repository, and HTML in it is escaped
