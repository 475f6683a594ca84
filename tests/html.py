"""Pages, read with a parser.

Every function takes a response, its text, or a node of a parsed page.
"""

from __future__ import annotations

import re
from typing import Protocol
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

Node = LexborNode


class Response(Protocol):
    """The attributes that responses of Django's test client and of `requests` share."""

    @property
    def text(self) -> str: ...


Source = LexborNode | str | Response

# Queries and fragments belong to the page itself, so they stay as they are.
_BELOW = re.compile(r'\b(href|hx-get|hx-post)="((?![/?#])[^":]+)"')
_NOT_SHOWN = {"script", "style", "title"}
_BREAK = "<wbr>"  # within email addresses, which may continue on the next line there


def page(source: Source) -> Node:
    """Parse a response or its text; return a node as it is. The relative links of a response become absolute paths."""
    if isinstance(source, LexborNode):
        return source
    root = LexborHTMLParser(
        (source if isinstance(source, str) else _with_paths(source)).replace(_BREAK, "")
    ).root
    assert root is not None
    return root


def _with_paths(response: Response) -> str:
    request = getattr(response, "wsgi_request", None)
    path = request.path if request is not None else urlsplit(getattr(response, "url", "")).path
    return _BELOW.sub(lambda found: f'{found[1]}="{urljoin(path, found[2])}"', response.text)


def unbroken(response: Response) -> str:
    """Return the HTML of a response, in which email addresses can be found."""
    return response.text.replace(_BREAK, "")


def text(source: Source) -> str:
    """Return the words in an element, separated by single spaces, hidden labels included."""
    shown = [
        node.text_content or ""
        for node in page(source).traverse(include_text=True)
        if node.is_text_node and node.parent is not None and node.parent.tag not in _NOT_SHOWN
    ]
    words = " ".join(" ".join(shown).split())
    return re.sub(r" (?=[.,;:!?)”])|(?<=[(“]) ", "", words)


def select(source: Source, css: str) -> list[Node]:
    """Return the elements that match, in the order of the page."""
    return page(source).css(css)


def one(source: Source, css: str) -> Node:
    """Return the only element that matches."""
    found = select(source, css)
    assert len(found) == 1, f"{len(found)} elements match {css}"
    return found[0]


def texts(source: Source, css: str) -> list[str]:
    """Return the words in each element that matches."""
    return [text(node) for node in select(source, css)]


def attributes(source: Source, css: str, name: str) -> list[str]:
    """Return an attribute of each element that matches and has it."""
    return [value for node in select(source, css) if (value := node.attributes.get(name)) is not None]


def rows(source: Source, css: str = "table") -> list[list[str]]:
    """Return the words in each cell of a table's body, row by row."""
    return [texts(row, "th, td") for row in select(source, f"{css} tbody tr")]


def facts(source: Source) -> dict[str, str]:
    """Return the terms of definition lists and their descriptions."""
    return dict(zip(texts(source, "dt"), texts(source, "dt + dd"), strict=True))


def alerts(source: Source) -> list[str]:
    """Return the words in each note that a page shows above its content."""
    return texts(source, ".note:not([hidden])")


def button(source: Source, label: str) -> Node:
    """Return the only button whose words begin with this label."""
    found = [node for node in select(source, "button") if text(node).startswith(label)]
    assert len(found) == 1, f"{len(found)} buttons begin with {label!r}"
    return found[0]


def fields(source: Source, form: str = "form") -> dict[str, str]:
    """Return the values that a browser would send with a form, by name."""
    return {
        str(node.attributes["name"]): value
        for node in select(source, f"{form} :is(input, select, textarea)[name]:not([disabled])")
        if (value := field_value(node)) is not None
    }


def field_value(field: Node) -> str | None:
    """Return the value that a browser would send for a field; None for a box that is not checked."""
    if field.tag == "textarea":
        return field.text()
    if field.tag == "select":
        options = select(field, "option[selected]") or select(field, "option")
        return next((_value(option) for option in options), None)
    if field.attributes.get("type") in {"checkbox", "radio"}:
        return (field.attributes.get("value") or "on") if "checked" in field.attributes else None
    return field.attributes.get("value") or ""


def field_error(source: Source, name: str) -> str:
    """Return the words of the message at a field."""
    return text(one(source, f'[id="id_{name}_error"]'))


def _value(option: Node) -> str:
    value = option.attributes.get("value")
    return text(option) if value is None else value
