"""Django's `include`, `static`, `url` and `{{ value }}`, without the work that has the same result each time."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from django import template
from django.template import Context, Node, NodeList, base
from django.template.base import FilterExpression, Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as django_url
from django.template.loader_tags import IncludeNode, do_include
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString

from billing.pages.rendering.paths import path_of

register = template.Library()


@register.tag
def include(parser: Parser, token: Token) -> Node:
    node = do_include(parser, token)
    return _Include(node) if _is_fixed(node.template) else node


@register.tag
def static(parser: Parser, token: Token) -> Node:
    node = StaticNode.handle_token(parser, token)
    return _Static(node) if _is_fixed(node.path) and node.varname is None else node


@register.tag
def url(parser: Parser, token: Token) -> Node:
    node = django_url(parser, token)
    return node if node.kwargs or node.asvar else _Url(node)


class _Include(Node):
    """A part of a page, which is found once."""

    child_nodelists = ()

    def __init__(self, node: IncludeNode) -> None:
        self._node = node
        self._nodelist: NodeList | None = None

    def render(self, context: Context) -> SafeString:
        if self._nodelist is None:
            assert context.template is not None  # while it is rendered
            self._nodelist = context.template.engine.get_template(self._node.template.var).nodelist
        values = {name: value.resolve(context) for name, value in self._node.extra_context.items()}
        if self._node.isolated_context:
            return self._nodelist.render(context.new(values))
        with context.push(**values):
            return self._nodelist.render(context)


class _Static(Node):
    child_nodelists = ()

    def __init__(self, node: StaticNode) -> None:
        self._node = node
        self._address = ""

    def render(self, context: Context) -> str:
        if not self._address:
            self._address = self._node.render(context)
        return self._address


class _Url(Node):
    child_nodelists = ()

    def __init__(self, node: URLNode) -> None:
        self._name, self._args = node.view_name, node.args

    def render(self, context: Context) -> SafeString:
        args = [arg.resolve(context) for arg in self._args]
        return SafeString(escape(path_of(self._name.resolve(context), *args)))


_render_value: Final = base.render_value_in_context


def _render(value: Any, context: Context) -> str:
    """Render the most frequent values at once. Others are localized, which has no effect on these."""
    kind = type(value)
    if kind is str and context.autoescape:
        return escape(value)
    if kind is SafeString or kind is str:
        return value  # type: ignore[no-any-return]
    return str(value) if kind is int else str(_render_value(value, context))


# `{{ value }}` is no tag that could be replaced.
base.render_value_in_context = _render


def _is_fixed(expression: FilterExpression) -> bool:
    return isinstance(expression.var, str) and not expression.filters
